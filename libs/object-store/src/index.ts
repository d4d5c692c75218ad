export {
  StorageError,
  type DeleteFailure,
  type DeleteOptions,
  type DriverContext,
  type DriverPlugin,
  type ObjectAddress,
  type PutOptions,
  type SqlPort,
  type StorageDriver,
  type StorageErrorCode,
  type StoredContent,
} from './driver.js';
export { isCodec, WRITE_CODECS, type Codec, type WriteCodec } from './codecs.js';
export { checkObjectId, describeObject, encodeUriPart, MAX_BYTES, type ObjectId } from './object-id.js';
export type { ObjectMetadata, StoredObject, WrittenObject } from './stored-object.js';
export { randomUnique, type CompressionSettings, type WriteOptions } from './content-writer.js';
export { DEFAULT_MAX_DOCUMENT_BYTES, ObjectStore, type Garbage, type ObjectStoreOptions } from './object-store.js';
export { DriverRegistry } from './registry.js';
export { loadPlugin, type LoadedPlugin } from './plugin/load-plugin.js';
export { withPlugins } from './plugin/with-plugins.js';
export { storageSettingsFromCatalog, type CatalogStorage, type StorageSettings } from './settings.js';
export { storageFaults } from './storage-faults.js';
export { openObjectStores, type OpenObjectStores } from './open.js';
export { Secret } from '@kedge/config';
export { choiceField, flagField, numberField, optionalFlagField, secretField, textField } from './config-fields.js';
export { configKeys, type ConfigKey } from './config-keys.js';
export { deleteEach } from './delete-each.js';
export { flatName, flatUri, FLAT_LIMITS, fromFlatUri } from './flat-location.js';
export { networkFault, type NetworkFault } from './network-fault.js';
export { fsck, type FsckFinding, type FsckOptions, type FsckReport } from './fsck/fsck.js';
export { PartReader, sendParts } from './parts.js';

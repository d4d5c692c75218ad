import { ConfigError, redact } from '@kedge/config';
import { inspect } from 'node:util';
import type { CompressionSettings } from './content-writer.js';
import { SectionReader, type Mapping } from './section-reader.js';

/** One storage section of the catalog: `object_store` or `analysis_archive`. */
export interface StorageSettings {
  compression: CompressionSettings;
  /** `config` belongs to the driver, which validates it. It prints itself with credentials masked. */
  storage_driver: { name: string; config: Record<string, unknown> };
}

export interface CatalogStorage {
  objectStore: StorageSettings;
  /** Undefined: archives share the object store. */
  analysisArchive: StorageSettings | undefined;
  /** Worth telling the operator once. */
  warnings: string[];
}

/** A section, and where in the file its driver's name and configuration stand. */
export interface PlacedSection {
  settings: StorageSettings;
  /** Undefined when the name itself is wrong. */
  driver: string | undefined;
  namePath: string;
  configPath: string;
}

const CATALOG = 'services.catalog';

/**
 * Reads the storage settings of `services.catalog`.
 *
 * The object store is the first of `object_store`, `archive` (its former name), the flat keys of the oldest files
 * (`archive_driver`, `use_db`, `archive_data_dir`) and the defaults (`db`, no compression). A section that is missing,
 * null or `{}` does not count. `enabled` inside a section means nothing.
 *
 * @throws ConfigError with all faults at once, each with its path and masked value. The drivers' own configurations
 * are not looked into; see `storageFaults`.
 */
export function storageSettingsFromCatalog(catalogSection: unknown, file: string): CatalogStorage {
  const reader = new SectionReader();
  const { objectStore, analysisArchive, warnings } = readSections(catalogSection, reader);
  if (reader.problems.length > 0) throw new ConfigError(file, reader.problems);
  return { objectStore: objectStore.settings, analysisArchive: analysisArchive?.settings, warnings };
}

/** Both sections with defaults where the reader found a problem. */
export function readSections(
  catalogSection: unknown,
  reader: SectionReader,
): { objectStore: PlacedSection; analysisArchive: PlacedSection | undefined; warnings: string[] } {
  const warnings: string[] = [];
  const catalog = reader.mapping(catalogSection, CATALOG) ?? {};
  const named = ['object_store', 'archive'].find((key) => !isAbsent(catalog[key]));
  return {
    objectStore:
      named === undefined
        ? flatSection(catalog, reader, warnings)
        : section(catalog[named], `${CATALOG}.${named}`, reader),
    analysisArchive: isAbsent(catalog.analysis_archive)
      ? undefined
      : section(catalog.analysis_archive, `${CATALOG}.analysis_archive`, reader),
    warnings,
  };
}

function isAbsent(value: unknown): boolean {
  if (value === undefined || value === null || value === false || value === '') return true;
  return typeof value === 'object' && Object.keys(value).length === 0;
}

/** The flat keys as a section. They count only when `archive_driver` is there. */
function flatSection(catalog: Mapping, reader: SectionReader, warnings: string[]): PlacedSection {
  const { archive_driver: given, use_db: useDb, archive_data_dir: directory } = catalog;
  const namePath = `${CATALOG}.archive_driver`;
  let driver: string | undefined = 'db';
  if (!isAbsent(given)) {
    driver = reader.driverName(given, namePath);
    if (driver) warnings.push(`${namePath} is an outdated setting; write an object_store section instead`);
    if (useDb === true) driver = 'db';
  }
  const config = driver === 'localfs' ? { archive_data_dir: directory } : {};
  return {
    settings: {
      compression: reader.compression(undefined, CATALOG),
      storage_driver: { name: driver ?? 'db', config: masked(config) },
    },
    driver,
    namePath,
    configPath: CATALOG,
  };
}

function section(value: unknown, path: string, reader: SectionReader): PlacedSection {
  const found = reader.mapping(value, path) ?? {};
  const driver = reader.mapping(found.storage_driver, `${path}.storage_driver`) ?? {};
  const configPath = `${path}.storage_driver.config`;
  const namePath = `${path}.storage_driver.name`;
  const config = reader.mapping(driver.config, configPath) ?? {};
  const name = reader.driverName(driver.name ?? 'db', namePath);
  return {
    settings: {
      compression: reader.compression(found.compression, `${path}.compression`),
      storage_driver: { name: name ?? 'db', config: masked(config) },
    },
    driver: name,
    namePath,
    configPath,
  };
}

/** A copy whose JSON and inspect forms mask what looks like a credential; its properties stay readable. */
function masked(config: Mapping): Mapping {
  const copy = { ...config };
  const shown = (): Mapping =>
    Object.fromEntries(Object.entries(copy).map(([key, value]) => [key, redact(key, value) === '***' ? '***' : value]));
  Object.defineProperty(copy, 'toJSON', { value: shown, enumerable: false });
  Object.defineProperty(copy, inspect.custom, { value: shown, enumerable: false });
  return copy;
}

export { LayerCache, type FetchBlob, type LayerCacheOptions, type LayerCacheStats } from './layer-cache.js';
export type { Removal, Usage } from './cache-space.js';
export type { BlobDescriptor } from './blob.js';
export { CACHE_FOLDER } from './cache-paths.js';
export { LayerCacheError, type LayerCacheErrorCode } from './errors.js';

export { policyEngine } from './policy-engine.js';
export { reloadImage } from './jobs/reload-image.js';
export { IndexStore, type ImageName } from './index-store/index-store.js';
export { purgePackageContents, type PurgeResult } from './index-store/purge-package-contents.js';

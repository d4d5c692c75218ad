export * from './build-image.js';
export { pushLayout, type PushOptions } from './push-layout.js';
export { startRegistry, type RegistryServer, type RegistryServerOptions } from './start-registry.js';

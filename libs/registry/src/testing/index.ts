export * from './build-image.js';
export { pushLayout, type PushOptions } from './push-layout.js';
export { pushSchema1 } from './push-schema1.js';
export { startRegistry, type RegistryServer, type RegistryServerOptions } from './start-registry.js';
export { temporaryDirectory } from './temporary-directory.js';
export { makeCertificate } from './certificate.js';
export { startTokenServer, type TokenServer } from './token-server.js';

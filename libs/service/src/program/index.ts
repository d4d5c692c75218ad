/** What a command line needs of this library without the web framework, whose loading takes a second. */
export { loadServiceConfig, storageCheck } from '../bootstrap/load-service-config.js';
export { exitCodeFor } from '../errors/exit-code.js';
export { requireNodeVersion } from '../errors/node-version.js';
export { InterruptedError, UsageError } from '../errors/usage-error.js';
export { KEDGE_VERSION } from '../health/service-version.js';

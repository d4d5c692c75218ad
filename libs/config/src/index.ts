export { Secret } from './secret.js';
export { ConfigError, type ConfigProblem } from './errors.js';

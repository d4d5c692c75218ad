export { Secret } from './secret.js';
export { ConfigError, type ConfigProblem } from './errors.js';
export { loadConfig, redact, type ConfigCheck } from './load.js';
export { parseDatabaseUrl, type DatabaseSettings, type DatabaseUrlOptions } from './database-url.js';
export type {
  AnalyzerSettings,
  CatalogSettings,
  KedgeConfig,
  PolicyEngineSettings,
  ServiceName,
  ServiceSettings,
} from './settings.js';
export { databaseFaults, databaseSettings } from './database.js';

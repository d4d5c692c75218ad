export { Secret } from './secret.js';
export { ConfigError, type ConfigProblem } from './errors.js';
export { loadConfig, redact } from './load.js';
export { parseDatabaseUrl, type DatabaseSettings, type DatabaseUrlOptions } from './database-url.js';
export type {
  AnalyzerSettings,
  CatalogSettings,
  KedgeConfig,
  PolicyEngineSettings,
  ServiceName,
  ServiceSettings,
} from './settings.js';
export { databaseSettings } from './database.js';

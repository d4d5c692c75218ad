export { DatabaseError, describeDatabase, type DatabaseErrorCode } from './errors.js';
export { createDataSource } from './data-source.js';
export { PooledClient } from './pooled-client.js';
export { Sql, type SqlConnection } from './sql.js';
export { requireCurrentSchema, schemaStatus, upgradeSchema, type SchemaStatus } from './upgrade.js';
export { ImageStates } from './image-states.js';
export { EmbeddedPostgres, type EmbeddedPostgresOptions } from './embedded/embedded-postgres.js';
export {
  Account,
  AccountUser,
  CatalogImage,
  CatalogImageTag,
  DistroMapping,
  EventRecord,
  Feed,
  FeedGroup,
  PolicyBundleRecord,
  PolicyEvaluation,
  RegistryLogin,
  ServiceRecord,
  Subscription,
  UserCredential,
  type AnalysisStatus,
} from './entities/index.js';

export { MigrationError, type MigrationErrorCode } from './errors.js';
export {
  migrate,
  type MigrateOptions,
  type MigrationProgress,
  type MigrationReport,
  type MigrationSide,
} from './migrate.js';
export {
  failureGroups,
  failures,
  findMigration,
  listMigrations,
  type MigrationDetail,
  type MigrationRecord,
} from './migration-records.js';
export { totals, type BucketTotal } from './plan.js';
export { Places } from './places.js';
export type { MoveStep } from './move-pipeline.js';

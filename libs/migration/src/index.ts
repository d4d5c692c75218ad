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
  type ListedMigration,
  type MigrationDetail,
  type MigrationRecord,
} from './migration-records.js';
export { lastPace, likelyPace, probePace, secondsAt, type Pace } from './estimate.js';
export { totals, type BucketTotal, type MigrationTotals } from './plan.js';
export { Places } from './places.js';
export type { MoveStep } from './grouped-steps.js';

import type { Sql } from '@kedge/database';
import { LOCK_HELD } from './lock.js';

/** One line of `list-migrations`. Times are ISO 8601 in UTC with microseconds and without zone, as the old tool writes. */
export interface MigrationRecord {
  id: number;
  /** `interrupted` is a `running` one that nobody works on. */
  state: 'initializing' | 'pending' | 'running' | 'complete' | 'failed' | 'interrupted';
  last_state: string | null;
  created_at: string | null;
  started_at: string | null;
  ended_at: string | null;
  last_updated: string | null;
  executor_id: string | null;
  type: string;
  migrate_from_driver: string | null;
  migrate_to_driver: string | null;
  archive_documents_to_migrate: number | null;
  archive_documents_migrated: number | null;
  online_migration: boolean | null;
}

/** What more is known of a run than {@link MigrationRecord} says; null for runs of the old tool. */
export interface MigrationDetail {
  from_place: string;
  to_place: string;
  from_config: string | null;
  to_config: string | null;
  from_section: string;
  to_section: string;
  buckets: string[] | null;
  delete_source: boolean;
  rollback_of: number | null;
  untouched: number | null;
  stop_reason: string | null;
  /** Bytes a second of all copies together that it was told to keep to. */
  bwlimit: number | null;
  /** Time at work, without the pauses of a run that was interrupted; null when the run is older than the record of it. */
  active_seconds: number | null;
  root_before: string | null;
  root_after: string | null;
}

const iso = (column: string): string => `to_char(${column}, 'YYYY-MM-DD"T"HH24:MI:SS.US') AS ${column.split('.')[1]}`;
const RECORD = `
  SELECT t.id, CASE WHEN t.state = 'running' AND NOT ${LOCK_HELD} THEN 'interrupted' ELSE t.state::text END AS state,
    t.last_state::text, ${['created_at', 'started_at', 'ended_at', 'last_updated'].map((name) => iso(`t.${name}`)).join(', ')},
    t.executor_id, t.type, a.migrate_from_driver, a.migrate_to_driver, a.archive_documents_to_migrate,
    a.archive_documents_migrated, a.online_migration
  FROM tasks t JOIN archive_migration_tasks a ON a.id = t.id`;

/** A record, and how long the run was at work. */
export type ListedMigration = MigrationRecord & Pick<MigrationDetail, 'active_seconds'>;

/** Every run ever made, oldest first. */
export function listMigrations(sql: Sql): Promise<ListedMigration[]> {
  return sql.query<ListedMigration>(
    `SELECT r.*, m.active_seconds FROM (${RECORD}) r LEFT JOIN data_migration m ON m.task_id = r.id ORDER BY r.id`,
  );
}

/** One run, or undefined. */
export async function findMigration(
  sql: Sql,
  id: number,
): Promise<{ record: MigrationRecord; detail: MigrationDetail | undefined } | undefined> {
  const records = await sql.query<MigrationRecord>(`${RECORD} WHERE t.id = $1`, [id]);
  if (!records[0]) return undefined;
  const details = await sql.query<MigrationDetail>(
    `SELECT from_place, to_place, from_config, to_config, from_section, to_section, buckets, delete_source, rollback_of,
       untouched::int, stop_reason, bwlimit::float8, active_seconds, root_before, root_after FROM data_migration WHERE task_id = $1`,
    [id],
  );
  return { record: records[0], detail: details[0] };
}

/** Failures of a run grouped by reason, most frequent first, with an example each. */
export function failureGroups(
  sql: Sql,
  id: number,
): Promise<{ code: string; objects: number; example: string; message: string }[]> {
  return sql.query(
    `SELECT reason_code AS code, count(*)::int AS objects, min(account || '/' || bucket || '/' || key) AS example,
       min(reason) AS message
     FROM data_migration_object WHERE task_id = $1 AND reason_code IS NOT NULL GROUP BY reason_code
     ORDER BY objects DESC, code`,
    [id],
  );
}

/** Every object of a run that failed, through a cursor. */
export function failures(
  sql: Sql,
  id: number,
): AsyncIterable<{ account: string; bucket: string; key: string; source_uri: string; code: string; message: string }> {
  return sql.stream(
    `SELECT account, bucket, key, source_uri, reason_code AS code, reason AS message
     FROM data_migration_object WHERE task_id = $1 AND reason_code IS NOT NULL ORDER BY seq`,
    [id],
  );
}

import type { DataSource } from 'typeorm';
import { MIGRATIONS_TABLE } from './data-source.js';
import { DatabaseError } from './errors.js';
import { MIGRATIONS } from './migrations/index.js';
import { Sql } from './sql.js';

/** "kedge" in ASCII: the advisory lock under which schema changes run. */
const UPGRADE_LOCK = 0x6b656467;

export interface SchemaStatus {
  /** Names of the migrations that have run, oldest first. */
  applied: string[];
  /** Those that this version knows and the database lacks. */
  pending: string[];
  /** Those that only a newer Kedge knows. */
  unknown: string[];
}

/** Compares the database with the migrations of this version. Changes nothing. */
export async function schemaStatus(dataSource: DataSource): Promise<SchemaStatus> {
  const sql = new Sql(dataSource);
  const known = MIGRATIONS.map((migration) => migration.name);
  const [table] = await sql.query<{ found: boolean }>(`SELECT to_regclass($1) IS NOT NULL AS found`, [
    MIGRATIONS_TABLE,
  ]);
  const rows = table?.found
    ? await sql.query<{ name: string }>(`SELECT name FROM ${MIGRATIONS_TABLE} ORDER BY timestamp`)
    : [];
  const applied = rows.map((row) => row.name);
  return {
    applied,
    pending: known.filter((name) => !applied.includes(name)),
    unknown: applied.filter((name) => !known.includes(name)),
  };
}

/**
 * Brings the schema to this version. Safe to call from several processes at once: the second waits and finds nothing to
 * do. Each migration is one transaction.
 *
 * @returns names of the migrations that ran.
 * @throws DatabaseError `schema_newer`, or `upgrade_failed` naming the migration's complaint.
 */
export async function upgradeSchema(dataSource: DataSource): Promise<string[]> {
  return new Sql(dataSource).connection(async (connection) => {
    await connection.query(`SELECT pg_advisory_lock($1)`, [UPGRADE_LOCK]);
    try {
      refuseNewer(await schemaStatus(dataSource));
      const ran = await dataSource.runMigrations({ transaction: 'each' });
      return ran.map((migration) => migration.name);
    } catch (error) {
      if (error instanceof DatabaseError) throw error;
      throw new DatabaseError('upgrade_failed', `the schema upgrade failed: ${(error as Error).message}`, error);
    } finally {
      await connection.query(`SELECT pg_advisory_unlock($1)`, [UPGRADE_LOCK]);
    }
  });
}

/**
 * What every service checks at its start.
 *
 * @throws DatabaseError `schema_missing`, `schema_old` or `schema_newer`
 */
export async function requireCurrentSchema(dataSource: DataSource): Promise<void> {
  const status = await schemaStatus(dataSource);
  refuseNewer(status);
  if (status.pending.length === 0) return;
  const empty = status.applied.length === 0;
  throw new DatabaseError(
    empty ? 'schema_missing' : 'schema_old',
    `the database ${empty ? 'has no Kedge schema yet' : `lacks ${status.pending.length} schema change(s)`}; ` +
      'run: anchore-manager db upgrade',
  );
}

function refuseNewer(status: SchemaStatus): void {
  if (status.unknown.length === 0) return;
  throw new DatabaseError(
    'schema_newer',
    `the database was upgraded by a newer Kedge (${status.unknown.join(', ')}); upgrade this one`,
  );
}

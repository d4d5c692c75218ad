import type { SqlConnection } from '@kedge/database';

/** A row that is kept once for all images, named by the digest of its content. */
export interface SharedRow {
  digest: Buffer;
  /** Column values in the order of the table's columns; called only when the row is not there yet. */
  values(): unknown[];
}

/** A table of shared rows. */
export interface SharedTable {
  name: 'image_package' | 'package_content' | 'file_block';
  /** Columns behind `digest`. */
  columns: readonly string[];
}

/** Bytes of parameters that one statement takes, roughly. */
const STATEMENT_BYTES = 4 * 1024 * 1024;
/** Rows that one statement takes: PostgreSQL allows 65,535 parameters. */
const STATEMENT_ROWS = 1000;

/**
 * Finds rows by their digests and adds those that are missing; answers their ids in the order given. Rows are added in
 * the order given as well. If every caller's order follows from the content, concurrent callers cannot block each other
 * for good.
 */
export async function shareRows(
  tx: Pick<SqlConnection, 'query'>,
  table: SharedTable,
  rows: readonly SharedRow[],
): Promise<string[]> {
  const ids = await findIds(tx, table, rows);
  const missing = rows.filter((row) => !ids.has(key(row.digest)));
  let batch: unknown[][] = [];
  let bytes = 0;
  const unique = new Map(missing.map((row) => [key(row.digest), row]));
  for (const row of unique.values()) {
    const values = [row.digest, ...row.values()];
    batch.push(values);
    for (const value of values) bytes += value instanceof Buffer || typeof value === 'string' ? value.length : 8;
    if (bytes < STATEMENT_BYTES && batch.length < STATEMENT_ROWS) continue;
    await insert(tx, table, batch, ids);
    batch = [];
    bytes = 0;
  }
  await insert(tx, table, batch, ids);
  // Rows that another transaction added in the meantime.
  const late = rows.filter((row) => !ids.has(key(row.digest)));
  for (const [digest, id] of await findIds(tx, table, late)) ids.set(digest, id);
  return rows.map((row) => {
    const id = ids.get(key(row.digest));
    if (id === undefined) throw new Error(`a row of ${table.name} vanished while it was added`);
    return id;
  });
}

async function findIds(
  tx: Pick<SqlConnection, 'query'>,
  table: SharedTable,
  rows: readonly SharedRow[],
): Promise<Map<string, string>> {
  if (rows.length === 0) return new Map();
  const found = await tx.query<{ id: string; digest: Buffer }>(
    `SELECT id, digest FROM ${table.name} WHERE digest = ANY($1::bytea[])`,
    [rows.map((row) => row.digest)],
  );
  return new Map(found.map(({ id, digest }) => [key(digest), id]));
}

async function insert(
  tx: Pick<SqlConnection, 'query'>,
  table: SharedTable,
  batch: readonly unknown[][],
  ids: Map<string, string>,
): Promise<void> {
  if (batch.length === 0) return;
  const columns = ['digest', ...table.columns];
  const places = batch.map(
    (_row, at) => `(${columns.map((_name, column) => `$${at * columns.length + column + 1}`).join(',')})`,
  );
  const added = await tx.query<{ id: string; digest: Buffer }>(
    `INSERT INTO ${table.name} (${columns.join(', ')}) VALUES ${places.join(',')}
     ON CONFLICT (digest) DO NOTHING RETURNING id, digest`,
    batch.flat(),
  );
  for (const { id, digest } of added) ids.set(key(digest), id);
}

function key(digest: Buffer): string {
  return digest.toString('latin1');
}

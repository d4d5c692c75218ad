import type { Sql, SqlConnection } from '@kedge/database';
import type { ObjectMetadata, StoredObject } from '@kedge/object-store';
import { MigrationError } from './errors.js';
import { IntendedCopies } from './intended-copies.js';
import type { JournalEntry, ObjectState, ObjectUpdate } from './journal-entry.js';
import { executorId } from './lock.js';

interface EntryRow {
  seq: string;
  account: string;
  bucket: string;
  key: string;
  state: ObjectState;
  source_uri: string;
  uri: string | null;
  codec: StoredObject['codec'] | null;
  size: string;
  stored_size: string | null;
  digest: string | null;
}

/** The objects of a task. Every method is one statement or one transaction. */
export class Journal {
  /** Where copies that are on their way are going to be. */
  readonly intended: IntendedCopies;

  constructor(
    private readonly sql: Sql,
    readonly taskId: number,
  ) {
    this.intended = new IntendedCopies(sql, taskId);
  }

  /**
   * Adds objects to the task. One that is in it already and has content to move again starts anew.
   *
   * @param rollbackOf only those that this other task moved
   */
  async select(rows: readonly ObjectMetadata[], rollbackOf?: number): Promise<void> {
    await this.sql.query(
      `INSERT INTO data_migration_object AS o (task_id, account, bucket, key, source_uri, source_digest, size)
       SELECT $1, * FROM unnest($2::varchar[], $3::varchar[], $4::varchar[], $5::varchar[], $6::varchar[], $7::bigint[])
         AS s (account, bucket, key, uri, digest, size)
       WHERE $8::integer IS NULL OR EXISTS (
         SELECT 1 FROM data_migration_object f
         WHERE f.task_id = $8 AND (f.account, f.bucket, f.key) = (s.account, s.bucket, s.key)
           AND f.state IN ('switched', 'deleted'))
       ON CONFLICT (task_id, account, bucket, key) DO UPDATE
         SET state = 'pending', source_uri = excluded.source_uri, source_digest = excluded.source_digest,
           size = excluded.size, uri = NULL, reason_code = NULL, reason = NULL
         WHERE o.state IN ('switched', 'deleted', 'gone') AND o.source_uri <> excluded.source_uri`,
      [
        this.taskId,
        rows.map((row) => row.account),
        rows.map((row) => row.bucket),
        rows.map((row) => row.key),
        rows.map((row) => row.uri),
        rows.map((row) => (row.digest?.startsWith('sha256:') ? row.digest : null)),
        rows.map((row) => row.size),
        rollbackOf ?? null,
      ],
    );
  }

  /** Notes how many objects were selected and how many were seen and left alone, and answers the former. */
  async planned(untouched: number): Promise<{ objects: number; bytes: number }> {
    const rows = await this.sql.query<{ objects: string; bytes: string }>(
      `SELECT count(*) AS objects, coalesce(sum(size), 0) AS bytes FROM data_migration_object WHERE task_id = $1`,
      [this.taskId],
    );
    const objects = Number(rows[0]?.objects ?? 0);
    await this.sql.query(`UPDATE archive_migration_tasks SET archive_documents_to_migrate = $2 WHERE id = $1`, [
      this.taskId,
      objects,
    ]);
    await this.sql.query(`UPDATE data_migration SET untouched = $2 WHERE task_id = $1`, [this.taskId, untouched]);
    return { objects, bytes: Number(rows[0]?.bytes ?? 0) };
  }

  /** Objects that are not at their end, behind `after`. `switched` ones only matter when sources are to be deleted. */
  async open(after: string, limit: number, deleteSource: boolean): Promise<JournalEntry[]> {
    const states: ObjectState[] = deleteSource
      ? ['pending', 'copied', 'verified', 'switched']
      : ['pending', 'copied', 'verified'];
    const rows = await this.sql.query<EntryRow>(
      `SELECT seq, account, bucket, key, state, source_uri, uri, codec, size, stored_size, digest
       FROM data_migration_object WHERE task_id = $1 AND seq > $2 AND state = ANY($3::varchar[])
       ORDER BY seq LIMIT $4`,
      [this.taskId, after, states, limit],
    );
    return rows.map((row) => ({
      seq: row.seq,
      id: { account: row.account, bucket: row.bucket, key: row.key },
      state: row.state,
      sourceUri: row.source_uri,
      copy:
        row.uri === null
          ? undefined
          : {
              uri: row.uri,
              codec: row.codec ?? 'identity',
              size: Number(row.size),
              storedSize: Number(row.stored_size ?? row.size),
              ...(row.digest === null ? {} : { digest: row.digest }),
            },
      row: undefined,
    }));
  }

  /**
   * Keeps the task this process's own until the transaction ends.
   *
   * @throws MigrationError `connection_lost` when another process has resumed it
   */
  async requireOwn(tx: Pick<SqlConnection, 'query'>): Promise<void> {
    const rows = await tx.query(`SELECT 1 FROM tasks WHERE id = $1 AND executor_id = $2 FOR SHARE`, [
      this.taskId,
      executorId(),
    ]);
    if (rows.length > 0) return;
    throw new MigrationError('connection_lost', `migration ${this.taskId} was taken over by another process`);
  }

  /** Records how far objects got. */
  async record(updates: readonly ObjectUpdate[], sql: Pick<SqlConnection, 'query'> = this.sql): Promise<void> {
    if (updates.length === 0) return;
    await sql.query(
      `UPDATE data_migration_object o SET
         state = u.state, reason_code = u.reason_code, reason = u.reason,
         source_uri = coalesce(u.source_uri, o.source_uri),
         source_digest = CASE WHEN u.source_uri IS NULL THEN o.source_digest ELSE u.source_digest END,
         uri = coalesce(u.uri, o.uri), codec = coalesce(u.codec, o.codec), size = coalesce(u.size, o.size),
         stored_size = coalesce(u.stored_size, o.stored_size), digest = coalesce(u.digest, o.digest)
       FROM unnest($2::bigint[], $3::varchar[], $4::varchar[], $5::varchar[], $6::varchar[], $7::bigint[], $8::bigint[],
           $9::varchar[], $10::varchar[], $11::text[], $12::varchar[])
         AS u (seq, state, source_uri, uri, codec, size, stored_size, digest, reason_code, reason, source_digest)
       WHERE o.task_id = $1 AND o.seq = u.seq`,
      [
        this.taskId,
        updates.map((update) => update.seq),
        updates.map((update) => update.state),
        updates.map((update) => update.sourceUri ?? null),
        updates.map((update) => update.copy?.uri ?? null),
        updates.map((update) => update.copy?.codec ?? null),
        updates.map((update) => update.copy?.size ?? null),
        updates.map((update) => update.copy?.storedSize ?? null),
        updates.map((update) => update.copy?.digest ?? null),
        updates.map((update) => update.reasonCode ?? null),
        updates.map((update) => update.reason ?? null),
        updates.map((update) => update.sourceDigest ?? null),
      ],
    );
  }

  /** Number of objects in each state. */
  async counts(): Promise<Record<ObjectState, number>> {
    const rows = await this.sql.query<{ state: ObjectState; objects: string }>(
      `SELECT state, count(*) AS objects FROM data_migration_object WHERE task_id = $1 GROUP BY state`,
      [this.taskId],
    );
    const counts = { pending: 0, copied: 0, verified: 0, switched: 0, deleted: 0, gone: 0, failed: 0 };
    for (const row of rows) counts[row.state] = Number(row.objects);
    return counts;
  }

  /** Every object of the task in the order of its name, with the digest it had and the one its row says now. */
  digests(): AsyncIterable<{
    seq: string;
    state: ObjectState;
    account: string;
    bucket: string;
    key: string;
    before: string | null;
    after: string | null;
    uri: string | null;
  }> {
    return this.sql.stream(
      `SELECT o.seq, o.state, o.account, o.bucket, o.key, coalesce(o.source_digest, o.digest) AS before,
         m.digest AS after, m.content_url AS uri
       FROM data_migration_object o
       LEFT JOIN archive_metadata m ON m."userId" = o.account AND m.bucket = o.bucket AND m."archiveId" = o.key
       WHERE o.task_id = $1 AND o.state <> 'gone' ORDER BY o.account, o.bucket, o.key`,
      [this.taskId],
    );
  }
}

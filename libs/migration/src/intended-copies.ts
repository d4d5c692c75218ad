import type { Sql } from '@kedge/database';

/**
 * Locations of copies that are on their way, in the journal before the first byte is written: what a kill leaves at the
 * destination is found by them.
 */
export class IntendedCopies {
  constructor(
    private readonly sql: Sql,
    private readonly taskId: number,
  ) {}

  /** Writes down where copies are going to be, before they are begun. */
  async add(copies: readonly { seq: string; uris: readonly string[] }[]): Promise<void> {
    const flat = copies.flatMap(({ seq, uris }) => uris.map((uri) => ({ seq, uri })));
    if (flat.length === 0) return;
    await this.sql.query(
      `UPDATE data_migration_object o SET intended = coalesce(o.intended, '{}') || i.uris
       FROM (SELECT seq, array_agg(uri) AS uris FROM unnest($2::bigint[], $3::varchar[]) AS f (seq, uri) GROUP BY seq) i
       WHERE o.task_id = $1 AND o.seq = i.seq`,
      [this.taskId, flat.map(({ seq }) => seq), flat.map(({ uri }) => uri)],
    );
  }

  /** Objects behind `after` that are not at their end and had intended copies; `copy` is one that may be used again. */
  list(after: string, limit: number): Promise<{ seq: string; uris: string[]; copy: string | null }[]> {
    return this.sql.query(
      `SELECT seq, intended AS uris, uri AS copy FROM data_migration_object
       WHERE task_id = $1 AND seq > $2 AND intended IS NOT NULL AND state IN ('pending', 'copied', 'verified', 'failed')
       ORDER BY seq LIMIT $3`,
      [this.taskId, after, limit],
    );
  }

  /** They are at their end, or the locations are free. */
  async forget(seqs: readonly string[]): Promise<void> {
    await this.sql.query(
      `UPDATE data_migration_object SET intended = NULL WHERE task_id = $1 AND seq = ANY($2::bigint[])`,
      [this.taskId, seqs],
    );
  }
}

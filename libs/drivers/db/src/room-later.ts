import type { SqlPort } from '@kedge/object-store';

/** Deleted content is incomplete, so that nobody reads it, and was last touched before all time, as no upload ever is. */
const DELETED = `NOT complete AND touched_at = '-infinity'`;
const BATCH = 64;
/** Whoever comes after us waits as long as we do, so we give up soon. */
const LOCK_TIMEOUT = '1s';
/** SQLSTATE of what says that the tables cannot be emptied now, or not by this user. */
const NOT_NOW = new Set(['55P03', '40P01', '42501']);

/**
 * Deletion in two steps: objects become unreadable at once and for little, whatever their length; {@link free} gives their
 * room back. When nothing else is left, as after a migration, it empties the tables as files: PostgreSQL then spares the
 * marking of every 2 kB piece, the log of that and the later vacuum, and the disk has its room back.
 */
export class RoomLater {
  constructor(private readonly sql: SqlPort) {}

  /** @param columns accounts, buckets, keys and versions of the objects */
  async mark(columns: (string | undefined)[][]): Promise<void> {
    await this.sql.query(
      `UPDATE kedge_object o SET complete = false, touched_at = '-infinity'
       FROM unnest($1::text[], $2::text[], $3::text[], $4::text[]) AS given (account, bucket, key, version)
       WHERE o.account = given.account AND o.bucket = given.bucket AND o.key = given.key
         AND o.version = given.version AND o.complete`,
      columns,
    );
  }

  /** Frees the room of all that was marked, by whomever, until the signal fires. */
  async free(signal?: AbortSignal): Promise<void> {
    const { marked, others } = await this.found(this.sql);
    if (!marked || (!others && (await this.empty()))) return;
    while (!signal?.aborted) {
      const rows = await this.sql.query(
        `DELETE FROM kedge_object WHERE id IN (SELECT id FROM kedge_object WHERE ${DELETED} LIMIT ${BATCH}) RETURNING id`,
      );
      if (rows.length === 0) return;
    }
  }

  /** Empties the tables unless something else is in them or somebody uses them. @returns whether it did */
  private async empty(): Promise<boolean> {
    try {
      return await this.sql.transaction(async (tx) => {
        await tx.query(`SET LOCAL lock_timeout = '${LOCK_TIMEOUT}'`);
        await tx.query(`LOCK TABLE kedge_object, kedge_object_chunk IN ACCESS EXCLUSIVE MODE`);
        const { others } = await this.found(tx);
        if (!others) await tx.query(`TRUNCATE kedge_object, kedge_object_chunk`);
        return !others;
      });
    } catch (error) {
      if (NOT_NOW.has((error as { code?: string }).code ?? '')) return false;
      throw error;
    }
  }

  private async found(sql: Pick<SqlPort, 'query'>): Promise<{ marked: boolean; others: boolean }> {
    const rows = await sql.query<{ marked: boolean; others: boolean }>(
      `SELECT EXISTS (SELECT 1 FROM kedge_object WHERE ${DELETED}) AS marked,
              EXISTS (SELECT 1 FROM kedge_object WHERE complete OR touched_at > '-infinity') AS others`,
    );
    return rows[0] ?? { marked: false, others: true };
  }
}

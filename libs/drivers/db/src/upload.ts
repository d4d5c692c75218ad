import { StorageError, type ObjectAddress, type SqlPort } from '@kedge/object-store';

/**
 * One object on its way in. Its parts wait until it is known whether they are the last, so that content of up to one
 * batch takes one statement, and any other as many as it has batches: the first brings the header, the last makes the
 * object visible.
 */
export class Upload {
  private id: string | undefined;
  private next = 0;
  private size = 0;
  private pending: Buffer[] | undefined;

  constructor(
    private readonly sql: SqlPort,
    private readonly address: ObjectAddress,
  ) {}

  /** Takes up to BATCH chunks. */
  async add(batch: Buffer[]): Promise<void> {
    const before = this.pending;
    this.pending = batch;
    if (!before) return;
    if (this.id === undefined) this.id = await this.writeFirst(before, false);
    else await this.writeNext(before);
    this.count(before);
  }

  /** @returns bytes stored */
  async finish(): Promise<number> {
    const last = this.pending ?? [];
    if (this.id !== undefined) await this.writeLast(this.id, last);
    else if (last.length > 1) await this.writeFirst(last, true);
    else await this.writeWhole(last[0] ?? Buffer.alloc(0));
    this.count(last);
    return this.size;
  }

  /** Best effort: what stays is invisible, and `init` removes it after a day. */
  async undo(): Promise<void> {
    if (this.id === undefined) return;
    await this.sql.query(`DELETE FROM kedge_object WHERE id = $1 AND NOT complete`, [this.id]).catch(() => undefined);
  }

  private count(chunks: Buffer[]): void {
    this.next += chunks.length;
    this.size += total(chunks);
  }

  private async writeWhole(data: Buffer): Promise<void> {
    const { account, bucket, key, unique } = this.address;
    await this.sql.query(
      `INSERT INTO kedge_object (account, bucket, key, version, size, complete, data)
       VALUES ($1, $2, $3, $4, $5, true, $6)`,
      [account, bucket, key, unique, data.length, data],
      { name: 'kedge_object_write' },
    );
  }

  private async writeFirst(chunks: Buffer[], complete: boolean): Promise<string | undefined> {
    const { account, bucket, key, unique } = this.address;
    const rows = await this.sql.query<{ id: string }>(
      `WITH header AS (
         INSERT INTO kedge_object (account, bucket, key, version, size, complete)
         VALUES ($1, $2, $3, $4, $5, $6) RETURNING id
       ), pieces AS (
         INSERT INTO kedge_object_chunk (object_id, seq, data)
         SELECT header.id, piece.seq, piece.data FROM header, (VALUES ${values(chunks, 7, '0')}) AS piece (seq, data))
       SELECT id FROM header`,
      [account, bucket, key, unique, total(chunks), complete, ...chunks],
    );
    return rows[0]?.id;
  }

  private async writeNext(chunks: Buffer[]): Promise<void> {
    await this.sql.query(
      `WITH touched AS (UPDATE kedge_object SET touched_at = now() WHERE id = $1)
       INSERT INTO kedge_object_chunk (object_id, seq, data)
       SELECT $1::bigint, seq, data FROM (VALUES ${values(chunks, 3, '$2::integer')}) AS piece (seq, data)`,
      [this.id, this.next, ...chunks],
    );
  }

  private async writeLast(id: string, chunks: Buffer[]): Promise<void> {
    const rows = await this.sql.query(
      `WITH done AS (UPDATE kedge_object SET complete = true, size = $3 WHERE id = $1 AND NOT complete RETURNING id)
       INSERT INTO kedge_object_chunk (object_id, seq, data)
       SELECT done.id, seq, data FROM done, (VALUES ${values(chunks, 4, '$2::integer')}) AS piece (seq, data)
       RETURNING 1 AS done`,
      [id, this.next, this.size + total(chunks), ...chunks],
    );
    if (rows.length === 0) throw new StorageError('unavailable', 'the upload was cleared away while it was running');
  }
}

/** Rows of position and bytes; the bytes are parameters from number `parameter` on. */
function values(chunks: Buffer[], parameter: number, first: string): string {
  return chunks.map((_, index) => `(${first} + ${index}, $${parameter + index}::bytea)`).join(', ');
}

function total(chunks: Buffer[]): number {
  return chunks.reduce((sum, chunk) => sum + chunk.length, 0);
}

import {
  StorageError,
  type DeleteFailure,
  type ObjectAddress,
  type SqlPort,
  type StorageDriver,
  type StoredContent,
} from '@kedge/object-store';
import { addAbortSignal, Readable } from 'node:stream';
import { toStorageError } from './failure.js';
import { fromUri, toUri } from './location.js';

/** Content is cut into rows of this many bytes. */
export const CHUNK_BYTES = 1024 * 1024;
/** Chunks that one statement writes or reads: 4 MiB of content, about three times that in memory for a moment. */
const BATCH = 4;
const PAGE = 500;

const OBJECT = `account = $1 AND bucket = $2 AND key = $3 AND version = $4`;

interface ChunkRow {
  id: string;
  size: string;
  seq: number | null;
  data: Buffer | null;
}

/**
 * Keeps content in the tables `kedge_object` (one header an object) and `kedge_object_chunk` (1 MiB a row).
 *
 * Content of up to 4 MiB is written by one statement and read by one. Longer content goes in under a header that is not
 * `complete` and is made visible by one update at the end. No transaction stays open while the driver waits for the
 * body, since the body may itself come out of this database: as many copies as the pool has connections would wait for
 * each other for ever. What a crash leaves is invisible and removed by `init` after a day.
 */
export class DbDriver implements StorageDriver {
  readonly name = 'db';
  readonly scheme = 'db';
  readonly place = 'db://';

  constructor(private readonly sql: SqlPort) {}

  async init(): Promise<void> {
    await this.run('checking the tables', undefined, () =>
      this.sql.query(`DELETE FROM kedge_object WHERE NOT complete AND touched_at < now() - interval '1 day'`),
    );
  }

  locate(address: ObjectAddress): string[] {
    return [toUri(address)];
  }

  async put(address: ObjectAddress, body: Readable, options: { signal?: AbortSignal } = {}): Promise<StoredContent> {
    const uri = toUri(address);
    if (options.signal) addAbortSignal(options.signal, body);
    const upload = new Upload(this.sql, address);
    try {
      for await (const batch of batches(body)) await upload.add(batch);
      options.signal?.throwIfAborted();
      return { uri, size: await upload.finish() };
    } catch (error) {
      body.destroy();
      await upload.undo();
      if (options.signal?.aborted) {
        throw new StorageError('aborted', `writing ${uri} was stopped`, { driver: this.name, uri, cause: error });
      }
      throw toStorageError(`writing ${uri}`, error, uri);
    }
  }

  async get(uri: string, options: { signal?: AbortSignal } = {}): Promise<Readable> {
    if (options.signal?.aborted)
      throw new StorageError('aborted', `reading ${uri} was stopped`, { driver: this.name, uri });
    const first = await this.readBatch(uri);
    const header = first[0];
    if (!header) throw new StorageError('not_found', `there is no content at ${uri}`, { driver: this.name, uri });
    const body = Readable.from(this.chunks(uri, Number(header.size), header.id, first), { objectMode: false });
    return options.signal ? addAbortSignal(options.signal, body) : body;
  }

  async stat(uri: string): Promise<{ size: number } | undefined> {
    const rows = await this.run(`looking up ${uri}`, uri, () =>
      this.sql.query<{ size: string }>(`SELECT size FROM kedge_object WHERE ${OBJECT} AND complete`, place(uri)),
    );
    return rows[0] && { size: Number(rows[0].size) };
  }

  async delete(uri: string): Promise<void> {
    await this.run(`deleting ${uri}`, uri, () =>
      this.sql.query(`DELETE FROM kedge_object WHERE ${OBJECT} AND complete`, place(uri)),
    );
  }

  async deleteMany(uris: readonly string[]): Promise<DeleteFailure[]> {
    const failures: DeleteFailure[] = [];
    for (let at = 0; at < uris.length; at += PAGE) {
      const batch = new Map<string, string[]>();
      for (const uri of uris.slice(at, at + PAGE)) {
        await this.collect(failures, [uri], async () => void batch.set(uri, place(uri)));
      }
      const columns = [0, 1, 2, 3].map((column) => [...batch.values()].map((parts) => parts[column]));
      await this.collect(failures, [...batch.keys()], () =>
        this.run(`deleting ${batch.size} objects`, undefined, () =>
          this.sql.query(
            `DELETE FROM kedge_object o
             USING unnest($1::text[], $2::text[], $3::text[], $4::text[]) AS given (account, bucket, key, version)
             WHERE o.account = given.account AND o.bucket = given.bucket AND o.key = given.key
               AND o.version = given.version AND o.complete`,
            columns,
          ),
        ),
      );
    }
    return failures;
  }

  owns(uri: string): boolean {
    return uri.startsWith('db://');
  }

  async *list(): AsyncIterable<{ uri: string; size: number; modifiedAt: Date }> {
    let after = '0';
    for (;;) {
      const rows = await this.run('listing', undefined, () =>
        this.sql.query<ObjectAddress & { id: string; size: string; created_at: Date }>(
          `SELECT id, account, bucket, key, version AS "unique", size, created_at FROM kedge_object
           WHERE complete AND id > $1 ORDER BY id LIMIT ${PAGE}`,
          [after],
        ),
      );
      for (const row of rows) yield { uri: toUri(row), size: Number(row.size), modifiedAt: new Date(row.created_at) };
      if (rows.length < PAGE) return;
      after = rows.at(-1)?.id ?? after;
    }
  }

  /** Nothing to close: the SQL port belongs to who made it. */
  async close(): Promise<void> {}

  /** Header and first chunks in one snapshot, so that content of up to 4 MiB is whole even if deleted meanwhile. */
  private readBatch(uri: string): Promise<ChunkRow[]> {
    return this.run(`reading ${uri}`, uri, () =>
      this.sql.query<ChunkRow>(
        `SELECT o.id, o.size, c.seq, c.data FROM kedge_object o
         LEFT JOIN kedge_object_chunk c ON c.object_id = o.id AND c.seq < ${BATCH}
         WHERE ${OBJECT} AND complete ORDER BY c.seq`,
        place(uri),
      ),
    );
  }

  private async *chunks(uri: string, size: number, id: string, first: ChunkRow[]): AsyncGenerator<Buffer> {
    let batch = first;
    let sent = 0;
    for (let next = BATCH; ; next += BATCH) {
      for (const { data } of batch) {
        if (!data) continue;
        sent += data.length;
        yield data;
      }
      if (sent >= size) return;
      const from = next;
      batch = await this.run(`reading ${uri}`, uri, () =>
        this.sql.query<ChunkRow>(
          `SELECT seq, data FROM kedge_object_chunk WHERE object_id = $1 AND seq >= $2 AND seq < $3 ORDER BY seq`,
          [id, from, from + BATCH],
        ),
      );
      if (batch.length === 0) {
        const message = `content ${uri} ended after ${sent} of ${size} bytes; it was deleted while it was read`;
        throw new StorageError('not_found', message, { driver: this.name, uri });
      }
    }
  }

  private async collect(failures: DeleteFailure[], uris: string[], work: () => Promise<unknown>): Promise<void> {
    try {
      await work();
    } catch (error) {
      if (!(error instanceof StorageError)) throw error;
      failures.push(...uris.map((uri) => ({ uri, error })));
    }
  }

  private async run<T>(doing: string, uri: string | undefined, work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      throw toStorageError(doing, error, uri);
    }
  }
}

/** One object on its way in. */
class Upload {
  private id: string | undefined;
  private next = 0;
  private size = 0;
  private pending: Buffer[] | undefined;

  constructor(
    private readonly sql: SqlPort,
    private readonly address: ObjectAddress,
  ) {}

  /** Takes up to {@link BATCH} chunks. The first batch waits: if it stays the only one, one statement does it all. */
  async add(batch: Buffer[]): Promise<void> {
    if (this.pending) {
      if (this.id === undefined) await this.writeHeader(false, []);
      await this.writeChunks(this.pending);
    }
    this.pending = batch;
  }

  async finish(): Promise<number> {
    const last = this.pending ?? [];
    if (this.id === undefined) {
      this.size = total(last);
      await this.writeHeader(true, last);
      return this.size;
    }
    await this.writeChunks(last);
    const rows = await this.sql.query(
      `WITH done AS (UPDATE kedge_object SET complete = true, size = $2 WHERE id = $1 AND NOT complete RETURNING 1)
       SELECT 1 AS done FROM done`,
      [this.id, this.size],
    );
    if (rows.length !== 1) throw new StorageError('unavailable', 'the upload was cleared away while it was running');
    return this.size;
  }

  /** Best effort: what stays is invisible, and `init` removes it after a day. */
  async undo(): Promise<void> {
    if (this.id === undefined) return;
    await this.sql.query(`DELETE FROM kedge_object WHERE id = $1 AND NOT complete`, [this.id]).catch(() => undefined);
  }

  private async writeHeader(complete: boolean, chunks: Buffer[]): Promise<void> {
    const { account, bucket, key, unique } = this.address;
    const values = chunks.map((_, index) => `(${index}, $${index + 7}::bytea)`).join(', ');
    const insertChunks =
      chunks.length === 0
        ? ''
        : `, pieces AS (INSERT INTO kedge_object_chunk (object_id, seq, data)
             SELECT header.id, piece.seq, piece.data FROM header, (VALUES ${values}) AS piece (seq, data))`;
    const rows = await this.sql.query<{ id: string }>(
      `WITH header AS (
         INSERT INTO kedge_object (account, bucket, key, version, size, complete)
         VALUES ($1, $2, $3, $4, $5, $6) RETURNING id)${insertChunks}
       SELECT id FROM header`,
      [account, bucket, key, unique, this.size, complete, ...chunks],
    );
    this.id = rows[0]?.id;
  }

  private async writeChunks(chunks: Buffer[]): Promise<void> {
    const values = chunks.map((_, index) => `($1::bigint, $2::integer + ${index}, $${index + 3}::bytea)`).join(', ');
    await this.sql.query(
      `WITH touched AS (UPDATE kedge_object SET touched_at = now() WHERE id = $1)
       INSERT INTO kedge_object_chunk (object_id, seq, data) VALUES ${values}`,
      [this.id, this.next, ...chunks],
    );
    this.next += chunks.length;
    this.size += total(chunks);
  }
}

function place(uri: string): string[] {
  const { account, bucket, key, unique } = fromUri(uri);
  return [account, bucket, key, unique];
}

function total(chunks: Buffer[]): number {
  return chunks.reduce((sum, chunk) => sum + chunk.length, 0);
}

/** The body in batches of up to {@link BATCH} chunks, each exactly {@link CHUNK_BYTES} long but the very last. */
async function* batches(body: Readable): AsyncGenerator<Buffer[]> {
  const limit = BATCH * CHUNK_BYTES;
  let pieces: Buffer[] = [];
  let length = 0;
  for await (const part of body as AsyncIterable<Buffer | string>) {
    let rest = typeof part === 'string' ? Buffer.from(part) : part;
    while (rest.length > 0) {
      const piece = rest.subarray(0, limit - length);
      pieces.push(piece);
      length += piece.length;
      rest = rest.subarray(piece.length);
      if (length === limit) {
        yield cut(Buffer.concat(pieces));
        pieces = [];
        length = 0;
      }
    }
  }
  if (length > 0) yield cut(Buffer.concat(pieces));
}

function cut(bytes: Buffer): Buffer[] {
  const chunks: Buffer[] = [];
  for (let at = 0; at < bytes.length; at += CHUNK_BYTES) chunks.push(bytes.subarray(at, at + CHUNK_BYTES));
  return chunks;
}

import {
  StorageError,
  type DeleteFailure,
  type DeleteOptions,
  type ObjectAddress,
  type SqlPort,
  type StorageDriver,
  type StoredContent,
} from '@kedge/object-store';
import { addAbortSignal, Readable } from 'node:stream';
import { BATCH, batches, CHUNK_BYTES } from './batches.js';
import { readByteaColumn } from './binary-copy.js';
import { toStorageError } from './failure.js';
import { fromUri, toUri } from './location.js';
import { RoomLater } from './room-later.js';
import { Turns } from './turns.js';
import { Upload } from './upload.js';

const PAGE = 500;

const OBJECT = `account = $1 AND bucket = $2 AND key = $3 AND version = $4`;

/**
 * Content above this is read by COPY in binary, which takes a second statement and spares the hexadecimal digits that
 * bytes have in the result of a query.
 */
const COPY_ABOVE_BYTES = 48 * 1024;

/**
 * Batches of content that are read at a time. More only have the server's processes take turns over its cores: at sixteen
 * it needed five times the processor time of one. It also bounds what is read ahead of its consumers at a time.
 */
const READS_AT_ONCE = 2;

const DELETE_MANY = `
  DELETE FROM kedge_object o
  USING unnest($1::text[], $2::text[], $3::text[], $4::text[]) AS given (account, bucket, key, version)
  WHERE o.account = given.account AND o.bucket = given.bucket AND o.key = given.key
    AND o.version = given.version AND o.complete`;

interface Header {
  id: string;
  size: string;
  /** True when the content is in its header's row, false when it is in chunks. */
  short: boolean;
  /** Content that came with the header. */
  data: Buffer | null;
}

/**
 * Keeps content of up to 1 MiB in the table `kedge_object` (a row an object), longer content in `kedge_object_chunk`
 * (1 MiB a row) under its row of the former.
 *
 * Content of up to 4 MiB is written by one statement. Longer content goes in under a header that is not
 * `complete` and is made visible by its last statement. No transaction stays open while the driver waits for the
 * body, since the body may itself come out of this database: as many copies as the pool has connections would wait for
 * each other for ever. What a crash leaves is invisible and removed by `init` after a day; so is, at once, what was deleted
 * with `roomLater` and whose room nobody reclaimed.
 */
export class DbDriver implements StorageDriver {
  readonly name = 'db';
  readonly scheme = 'db';
  readonly place = 'db://';
  private readonly reads = new Turns(READS_AT_ONCE);
  private readonly roomLater: RoomLater;

  constructor(private readonly sql: SqlPort) {
    this.roomLater = new RoomLater(sql);
  }

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
    const header = await this.header(uri);
    const body = header.data
      ? oneBuffer(header.data)
      : Readable.from(this.chunks(uri, header, await this.batch(uri, header, 0)), { objectMode: false });
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
      this.sql.query(`DELETE FROM kedge_object WHERE ${OBJECT} AND complete`, place(uri), {
        name: 'kedge_object_delete',
      }),
    );
  }

  async deleteMany(uris: readonly string[], options: DeleteOptions = {}): Promise<DeleteFailure[]> {
    const failures: DeleteFailure[] = [];
    for (let at = 0; at < uris.length; at += PAGE) {
      const batch = new Map<string, string[]>();
      for (const uri of uris.slice(at, at + PAGE)) {
        await this.collect(failures, [uri], async () => void batch.set(uri, place(uri)));
      }
      const columns = [0, 1, 2, 3].map((column) => [...batch.values()].map((parts) => parts[column]));
      await this.collect(failures, [...batch.keys()], () =>
        this.run<unknown>(`deleting ${batch.size} objects`, undefined, () =>
          options.roomLater ? this.roomLater.mark(columns) : this.sql.query(DELETE_MANY, columns),
        ),
      );
    }
    return failures;
  }

  async reclaim(options: { signal?: AbortSignal } = {}): Promise<void> {
    await this.run('freeing the room of deleted content', undefined, () => this.roomLater.free(options.signal));
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

  private async header(uri: string): Promise<Header> {
    const rows = await this.run(`reading ${uri}`, uri, () =>
      this.sql.query<Header>(
        `SELECT id, size, data IS NOT NULL AS short, CASE WHEN size <= ${COPY_ABOVE_BYTES} THEN data END AS data
         FROM kedge_object WHERE ${OBJECT} AND complete`,
        place(uri),
        { name: 'kedge_object_read' },
      ),
    );
    if (rows[0]) return rows[0];
    throw new StorageError('not_found', `there is no content at ${uri}`, { driver: this.name, uri });
  }

  /** Content of one statement; none when it was deleted meanwhile. The ids are numbers the database gave. */
  private batch(uri: string, { id, short, size }: Header, from: number): Promise<Buffer> {
    const limit = Math.min(Number(size) - from * CHUNK_BYTES, BATCH * CHUNK_BYTES);
    const rows = short
      ? `SELECT data FROM kedge_object WHERE id = ${id}`
      : `SELECT data FROM kedge_object_chunk
         WHERE object_id = ${id} AND seq >= ${from} AND seq < ${from + BATCH} ORDER BY seq`;
    return this.run(`reading ${uri}`, uri, () =>
      this.reads.run(() => readByteaColumn(this.sql.copyOut(`COPY (${rows}) TO STDOUT (FORMAT binary)`), limit, uri)),
    );
  }

  private async *chunks(uri: string, header: Header, first: Buffer): AsyncGenerator<Buffer> {
    const size = Number(header.size);
    let sent = 0;
    let batch = first;
    for (let next = BATCH; sent < size; next += BATCH) {
      if (batch.length === 0) {
        const message = `content ${uri} ended after ${sent} of ${size} bytes; it was deleted while it was read`;
        throw new StorageError('not_found', message, { driver: this.name, uri });
      }
      sent += batch.length;
      yield batch;
      if (sent < size) batch = await this.batch(uri, header, next);
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

function place(uri: string): string[] {
  const { account, bucket, key, unique } = fromUri(uri);
  return [account, bucket, key, unique];
}

function oneBuffer(bytes: Buffer): Readable {
  return new Readable({
    read() {
      this.push(bytes);
      this.push(null);
    },
  });
}

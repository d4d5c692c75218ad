import { Readable } from 'node:stream';
import { verifiedPlain, type ReadOptions } from './content-reader.js';
import { bufferStream, ContentWriter, type CompressionSettings, type WriteOptions } from './content-writer.js';
import { StorageError, type DeleteFailure, type DeleteOptions, type SqlPort, type StorageDriver } from './driver.js';
import { MetadataTable } from './metadata-table.js';
import { checkObjectId, describeObject, type ObjectId } from './object-id.js';
import type { ObjectMetadata, StoredObject, WrittenObject } from './stored-object.js';

/** Content that no row points to and that could not be deleted. `fsck` finds it again. */
export interface Garbage {
  uri: string;
  cause: unknown;
}

export interface ObjectStoreOptions {
  /** New content is written here. */
  driver: StorageDriver;
  /** Further drivers whose content can be read and deleted. The store does not close them. */
  readers?: StorageDriver[];
  sql: SqlPort;
  compression: CompressionSettings;
  /** Told of content that stays behind because deleting it failed. */
  onGarbage?: (garbage: Garbage) => void;
}

/** A document larger than this is refused by {@link ObjectStore.getDocument} unless the caller allows more. */
export const DEFAULT_MAX_DOCUMENT_BYTES = 256 * 1024 * 1024;
const READ_ATTEMPTS = 5;

/**
 * Objects named (account, bucket, key): content at a driver, one metadata row each.
 *
 * Content is immutable: a put writes a fresh location, then switches the row in one transaction, then deletes what was
 * replaced. Readers see the whole former or the whole new content; of concurrent puts the last to commit wins. A crash
 * leaves garbage at worst, never a row without content. Reads prove digest and length; see {@link verifiedPlain}.
 */
export class ObjectStore {
  readonly driver: StorageDriver;
  private readonly readers: StorageDriver[];
  private readonly table: MetadataTable;
  private readonly writer: ContentWriter;
  private readonly onGarbage: (garbage: Garbage) => void;

  constructor(options: ObjectStoreOptions) {
    this.driver = options.driver;
    this.readers = [options.driver, ...(options.readers ?? [])];
    this.table = new MetadataTable(options.sql);
    this.onGarbage = options.onGarbage ?? (() => undefined);
    this.writer = new ContentWriter(options.driver, options.compression, (uri) => this.discard(uri));
  }

  /**
   * Stores the content, replacing what the object had.
   *
   * @throws StorageError; the error of the stream itself when that fails. The former content then stays as it was.
   */
  async put(id: ObjectId, content: Readable | Buffer | string, options: WriteOptions = {}): Promise<ObjectMetadata> {
    const stored = await this.writeContent(id, toStream(content), options);
    let committed;
    try {
      committed = await this.table.commit(id, stored);
    } catch (cause) {
      // Whether the commit took effect is unknown after a lost connection, so the content must stay.
      this.onGarbage({ uri: stored.uri, cause });
      throw cause;
    }
    if (committed.replaced !== undefined) await this.discard(committed.replaced);
    return committed.metadata;
  }

  /** The object's content as a stream that fails with `integrity` at its end when it is not what was put. */
  async get(
    id: ObjectId,
    options: { signal?: AbortSignal } = {},
  ): Promise<{ metadata: ObjectMetadata; body: Readable } | undefined> {
    checkObjectId(id);
    let former: string | undefined;
    for (let attempt = 1; ; attempt++) {
      const metadata = await this.table.find(id);
      if (!metadata) return undefined;
      try {
        return { metadata, body: await this.openStored(metadata, options) };
      } catch (error) {
        // The row was read before, the content opened after a put replaced both: look again.
        const moved = error instanceof StorageError && error.code === 'not_found' && metadata.uri !== former;
        if (!moved || attempt === READ_ATTEMPTS) throw error;
        former = metadata.uri;
      }
    }
  }

  /**
   * Stores a JSON value as `{"document": value}`, the form in which the old system keeps documents.
   *
   * @throws TypeError when the value has no JSON form.
   */
  async putDocument(id: ObjectId, value: unknown, options: WriteOptions = {}): Promise<ObjectMetadata> {
    const json = JSON.stringify(value) as string | undefined;
    if (json === undefined) throw new TypeError(`document ${describeObject(id)} has no JSON form`);
    return this.put(id, `{"document":${json}}`, options);
  }

  /**
   * The value of a document; undefined when there is no such object or it is no document.
   *
   * @throws StorageError `integrity` when the content is damaged or no JSON, `unknown` when it exceeds `maxBytes`
   * (default 256 MiB).
   */
  async getDocument<T>(id: ObjectId, options: { maxBytes?: number } = {}): Promise<T | undefined> {
    const bytes = await this.getBuffer(id, options.maxBytes ?? DEFAULT_MAX_DOCUMENT_BYTES);
    if (!bytes) return undefined;
    let value: unknown;
    try {
      value = JSON.parse(bytes.toString());
    } catch (cause) {
      throw new StorageError('integrity', `object ${describeObject(id)} is no JSON document`, { cause });
    }
    return (value as { document?: T } | null)?.document;
  }

  /** The object's row; the content is not looked at. */
  async stat(id: ObjectId): Promise<ObjectMetadata | undefined> {
    checkObjectId(id);
    return this.table.find(id);
  }

  /** The rows of those objects that have one, in any order. For up to some thousand objects at a time. */
  statMany(ids: readonly ObjectId[]): Promise<ObjectMetadata[]> {
    return this.table.findMany(ids);
  }

  /** Those of the locations that some object's row points to. For up to some thousand at a time. */
  pointedTo(uris: readonly string[]): Promise<Set<string>> {
    return this.table.pointedTo(uris);
  }

  /** Deletes row, then content. False when there was no such object. */
  async delete(id: ObjectId): Promise<boolean> {
    checkObjectId(id);
    const removed = await this.table.remove(id, (metadata) => {
      if (metadata.uri) this.driverFor(metadata.uri);
    });
    if (removed?.uri) await this.discard(removed.uri);
    return removed !== undefined;
  }

  /** Keys of one bucket of one account, ascending in the database's collation, in constant memory. */
  listKeys(account: string, bucket: string): AsyncIterable<string> {
    return this.table.keys(account, bucket);
  }

  /** Up to `limit` rows behind `after`, by account, bucket and key, whatever driver holds their content. */
  pageMetadata(options: { after?: ObjectId; limit: number; buckets?: string[] }): Promise<ObjectMetadata[]> {
    return this.table.page(options);
  }

  /** Writes content to a fresh location of this store's driver; no row knows it yet. */
  async writeContent(id: ObjectId, plain: Readable, options: WriteOptions = {}): Promise<WrittenObject> {
    checkObjectId(id);
    return this.writer.write(id, plain, options);
  }

  /**
   * Plain content of a location, proven while it is read.
   *
   * @param options.sha256 see {@link verifiedPlain}
   * @throws StorageError `not_found` when nothing is there.
   */
  async openStored(content: StoredObject, options: { signal?: AbortSignal } & ReadOptions = {}): Promise<Readable> {
    return verifiedPlain(content, await this.driverFor(content.uri).get(content.uri, options), options);
  }

  /** Compare-and-swap: points the row to `content` unless it is no longer what `before` says. */
  async switchLocation(before: ObjectMetadata, content: StoredObject): Promise<boolean> {
    return (await this.table.switch([{ before, content }])).length === 1;
  }

  /**
   * {@link switchLocation} of many rows by one statement, in the caller's transaction.
   *
   * @returns the positions in `switches` of the rows that were switched.
   */
  switchLocations(
    switches: readonly { before: ObjectMetadata; content: StoredObject }[],
    tx: Pick<SqlPort, 'query'>,
  ): Promise<number[]> {
    return this.table.switch(switches, tx);
  }

  /** Deletes the content of a location; gone already is success. */
  async deleteContent(uri: string): Promise<void> {
    await this.driverFor(uri).delete(uri);
  }

  /**
   * Deletes the content of any number of locations, gone already is success; returns what could not be deleted.
   *
   * @param options.roomLater for callers that call {@link reclaim} in the end
   */
  async deleteContents(uris: readonly string[], options: DeleteOptions = {}): Promise<DeleteFailure[]> {
    const groups = new Map<StorageDriver, string[]>();
    for (const uri of uris) {
      const driver = this.driverFor(uri);
      const group = groups.get(driver) ?? [];
      groups.set(driver, group);
      group.push(uri);
    }
    const failures = await Promise.all([...groups].map(([driver, group]) => driver.deleteMany(group, options)));
    return failures.flat();
  }

  /** Gives back the room of contents that were deleted with `roomLater`. */
  async reclaim(options: { signal?: AbortSignal } = {}): Promise<void> {
    for (const driver of this.readers) await driver.reclaim?.(options);
  }

  /**
   * Fails when the table has rows that no driver of this store reads, so that a service refuses to start with a wrong
   * configuration instead of failing at a user's request.
   *
   * @throws StorageError invalid_config naming schemes and numbers of rows.
   */
  async requireReadable(): Promise<void> {
    const known = new Set(this.readers.map((driver) => driver.scheme));
    const unknown = [...(await this.table.countSchemes())].filter(([scheme]) => !known.has(scheme));
    if (unknown.length === 0) return;
    const found = unknown.map(([scheme, rows]) => `${rows} object(s) at "${scheme}://"`).join(', ');
    throw new StorageError(
      'invalid_config',
      `the database knows ${found}, but only ${[...known].join(', ')} can be read; configure that driver or migrate`,
    );
  }

  private driverFor(uri: string): StorageDriver {
    const scheme = /^([a-z][a-z0-9+.-]*):\/\//i.exec(uri)?.[1];
    const driver =
      this.readers.find((candidate) => candidate.owns(uri)) ??
      this.readers.find((candidate) => candidate.scheme === scheme);
    if (driver) return driver;
    throw new StorageError(
      'invalid_config',
      scheme === undefined
        ? `"${uri}" is no location of content`
        : `no storage driver for "${scheme}://" is configured; it is needed for ${uri}`,
      { uri },
    );
  }

  private async discard(uri: string): Promise<void> {
    try {
      await this.deleteContent(uri);
    } catch (cause) {
      this.onGarbage({ uri, cause });
    }
  }

  /** Reads a whole small object; starts again when a put replaced the content under its hands. */
  private async getBuffer(id: ObjectId, maxBytes: number): Promise<Buffer | undefined> {
    for (let attempt = 1; ; attempt++) {
      const found = await this.get(id);
      if (!found) return undefined;
      try {
        return await collect(found.body, maxBytes, id);
      } catch (error) {
        const replaced = error instanceof StorageError && error.code === 'not_found';
        if (!replaced || attempt === READ_ATTEMPTS) throw error;
      }
    }
  }
}

function toStream(content: Readable | Buffer | string): Readable {
  if (content instanceof Readable) return content;
  return bufferStream(typeof content === 'string' ? Buffer.from(content) : content);
}

async function collect(body: Readable, maxBytes: number, id: ObjectId): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of body as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > maxBytes) {
      throw new StorageError(
        'unknown',
        `document ${describeObject(id)} is larger than the ${maxBytes} bytes that are read into memory`,
      );
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

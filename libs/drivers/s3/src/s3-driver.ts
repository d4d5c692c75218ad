import {
  flatName,
  flatUri,
  fromFlatUri,
  StorageError,
  type DeleteFailure,
  type ObjectAddress,
  type PutOptions,
  type StorageDriver,
  type StoredContent,
} from '@kedge/object-store';
import { addAbortSignal, Readable } from 'node:stream';
import { endAbandonedUploads } from './abandoned-uploads.js';
import { Connection } from './connection.js';
import { deleteMany } from './delete-many.js';
import { isMissing, toStorageError, type Action } from './failure.js';
import { SelfCheck } from './self-check.js';
import type { S3Settings } from './settings.js';
import { upload } from './upload.js';

/**
 * Keeps content as objects `<prefix><account>/<bucket>/<key>.<unique>` of one backend bucket; see `flatName`. An object
 * of S3 is visible whole or not at all. Reads and deletes go by the bucket in the uri, so content of another bucket
 * that these credentials reach, or that the old system wrote, stays readable.
 */
export class S3Driver implements StorageDriver {
  readonly name = 's3';
  readonly scheme = 's3';
  readonly place: string;
  private readonly connection: Connection;
  private comparesSha256 = false;

  /** @param pageKeys objects a page of a listing; services give at most 1,000 */
  constructor(
    private readonly settings: S3Settings,
    private readonly pageKeys = 1000,
  ) {
    const { endpoint, bucket, prefix } = settings;
    this.place = `s3:${endpoint?.href.replace(/\/$/, '') ?? 'aws'}/${bucket}/${prefix}`;
    this.connection = new Connection(settings);
  }

  async init(): Promise<void> {
    ({ comparesSha256: this.comparesSha256 } = await new SelfCheck(this.connection, this.settings).run());
    await endAbandonedUploads(this.connection, this.settings);
  }

  locate(address: ObjectAddress): string[] {
    return [flatUri(this.scheme, this.settings.bucket, flatName(this.settings.prefix, address))];
  }

  async put(address: ObjectAddress, body: Readable, options: PutOptions = {}): Promise<StoredContent> {
    const { signal } = options;
    const name = flatName(this.settings.prefix, address);
    const uri = flatUri(this.scheme, this.settings.bucket, name);
    if (signal) addAbortSignal(signal, body);
    try {
      const target = { Bucket: this.settings.bucket, Key: name };
      const { comparesSha256 } = this;
      return { uri, ...(await upload(this.connection, this.settings, target, body, { ...options, comparesSha256 })) };
    } catch (error) {
      body.destroy();
      const failure = signal?.aborted
        ? new StorageError('aborted', `writing ${uri} was stopped`, { driver: this.name, uri, cause: error })
        : this.failure('write', `writing ${uri}`, uri, error);
      // A request may have been carried out although its answer never came.
      if (failure.code === 'aborted' || failure.code === 'unavailable') await this.delete(uri).catch(() => undefined);
      throw failure;
    }
  }

  async get(uri: string, options: { signal?: AbortSignal } = {}): Promise<Readable> {
    const { container: Bucket, name: Key } = fromFlatUri(this.scheme, uri);
    const { signal } = options;
    const { sdk, client } = await this.connection.open();
    try {
      const { Body } = await client.send(
        new sdk.GetObjectCommand({ Bucket, Key }),
        signal ? { abortSignal: signal } : {},
      );
      const source = Body as Readable;
      const body = Readable.from(this.read(source, uri), { objectMode: false });
      body.once('close', () => source.destroy()); // also when nobody ever read
      return signal ? addAbortSignal(signal, body) : body;
    } catch (error) {
      if (signal?.aborted) {
        throw new StorageError('aborted', `reading ${uri} was stopped`, { driver: this.name, uri, cause: error });
      }
      throw this.failure('read', `reading ${uri}`, uri, error);
    }
  }

  async stat(uri: string): Promise<{ size: number } | undefined> {
    const { container: Bucket, name: Key } = fromFlatUri(this.scheme, uri);
    const { sdk, client } = await this.connection.open();
    try {
      const { ContentLength } = await client.send(new sdk.HeadObjectCommand({ Bucket, Key }));
      return { size: ContentLength ?? 0 };
    } catch (error) {
      if (isMissing(error)) return undefined;
      throw this.failure('read', `looking up ${uri}`, uri, error);
    }
  }

  async delete(uri: string): Promise<void> {
    const { container: Bucket, name: Key } = fromFlatUri(this.scheme, uri);
    const { sdk, client } = await this.connection.open();
    try {
      await client.send(new sdk.DeleteObjectCommand({ Bucket, Key }));
    } catch (error) {
      if (!isMissing(error)) throw this.failure('delete', `deleting ${uri}`, uri, error);
    }
  }

  deleteMany(uris: readonly string[]): Promise<DeleteFailure[]> {
    return deleteMany(this.connection, this.settings, uris, (uri) => this.delete(uri));
  }

  owns(uri: string): boolean {
    return uri.startsWith(flatUri(this.scheme, this.settings.bucket, this.settings.prefix));
  }

  async *list(): AsyncIterable<{ uri: string; size: number; modifiedAt: Date }> {
    const { sdk, client } = await this.connection.open();
    const { bucket: Bucket, prefix: Prefix } = this.settings;
    let token: string | undefined;
    do {
      const from = token ? { ContinuationToken: token } : {};
      const command = new sdk.ListObjectsV2Command({ Bucket, Prefix, MaxKeys: this.pageKeys, ...from });
      let page;
      try {
        page = await client.send(command);
      } catch (error) {
        throw this.failure('list', `listing bucket "${Bucket}"`, undefined, error);
      }
      for (const { Key, Size, LastModified } of page.Contents ?? []) {
        if (Key)
          yield { uri: flatUri(this.scheme, Bucket, Key), size: Size ?? 0, modifiedAt: LastModified ?? new Date() };
      }
      token = page.IsTruncated ? page.NextContinuationToken : undefined;
    } while (token);
  }

  async close(): Promise<void> {
    await this.connection.close();
  }

  private async *read(source: Readable, uri: string): AsyncGenerator<Buffer> {
    try {
      yield* source as AsyncIterable<Buffer>;
    } catch (error) {
      throw this.failure('read', `reading ${uri}`, uri, error);
    }
  }

  private failure(action: Action, text: string, uri: string | undefined, error: unknown): StorageError {
    const bucket = uri === undefined ? this.settings.bucket : fromFlatUri(this.scheme, uri).container;
    return toStorageError(this.settings, { action, text, bucket, ...(uri === undefined ? {} : { uri }) }, error);
  }
}

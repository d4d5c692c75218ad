import {
  deleteEach,
  flatName,
  flatUri,
  fromFlatUri,
  StorageError,
  type DeleteFailure,
  type ObjectAddress,
  type StorageDriver,
  type StoredContent,
} from '@kedge/object-store';
import { addAbortSignal, Readable } from 'node:stream';
import { SwiftClient } from './client.js';
import { containersOf, deleteObject } from './delete-object.js';
import { isMissing, toStorageError, type Attempt } from './failure.js';
import { listContainer } from './listing.js';
import { SEGMENTED } from './segments.js';
import { selfCheck } from './self-check.js';
import type { SwiftSettings } from './settings.js';
import { upload } from './upload.js';

/**
 * Keeps content as objects `<prefix><account>/<bucket>/<key>.<unique>` of one container; see `flatName`. Long content is
 * a Static Large Object whose segments lie beside it. Reads and deletes go by the container in the uri, so content of
 * another container that this login reaches, or that the old system wrote, stays readable.
 */
export class SwiftDriver implements StorageDriver {
  readonly name = 'swift';
  readonly scheme = 'swift';
  private readonly client: SwiftClient;
  private account: string | undefined;

  /** @param pageNames objects a page of a listing; servers give at most 10,000 */
  constructor(
    private readonly settings: SwiftSettings,
    private readonly pageNames = 5000,
  ) {
    this.client = new SwiftClient(settings);
  }

  /** Names the account by its url, which only the login tells: before `init` it names the login instead. */
  get place(): string {
    const { login, container, prefix } = this.settings;
    return `swift:${this.account ?? (login.kind === 'token' ? login.storageUrl : login.url)}/${container}/${prefix}`;
  }

  async init(): Promise<void> {
    await selfCheck(this.client, this.settings);
    this.account = await this.client.storageUrl();
  }

  locate(address: ObjectAddress): string[] {
    const { container, prefix } = this.settings;
    const uri = flatUri(this.scheme, container, flatName(prefix, address));
    return [uri, `${uri}${SEGMENTED}`];
  }

  async put(address: ObjectAddress, body: Readable, options: { signal?: AbortSignal } = {}): Promise<StoredContent> {
    const { signal } = options;
    const { container, prefix } = this.settings;
    let uri = flatUri(this.scheme, container, flatName(prefix, address));
    if (signal) addAbortSignal(signal, body);
    try {
      const { name, ...stored } = await upload(this.client, this.settings, flatName(prefix, address), body, signal);
      uri = flatUri(this.scheme, container, name);
      return { uri, ...stored };
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
    const { signal } = options;
    const source = await this.inContainer(uri, 'read', `reading ${uri}`, signal, async (container, name) => {
      return (await this.client.open({ method: 'GET', container, name, signal })).body;
    });
    if (!source) {
      throw new StorageError('not_found', `there is no content at ${uri}`, { driver: this.name, uri });
    }
    const body = Readable.from(this.read(source, uri), { objectMode: false });
    body.once('close', () => source.destroy()); // also when nobody ever read
    return signal ? addAbortSignal(signal, body) : body;
  }

  async stat(uri: string): Promise<{ size: number } | undefined> {
    return this.inContainer(uri, 'read', `looking up ${uri}`, undefined, async (container, name) => {
      const { headers } = await this.client.ask({ method: 'HEAD', container, name });
      return { size: Number(headers['content-length'] ?? 0) };
    });
  }

  async delete(uri: string): Promise<void> {
    await this.inContainer(uri, 'delete', `deleting ${uri}`, undefined, async (container, name) => {
      await deleteObject(this.client, container, name);
      return true;
    });
  }

  deleteMany(uris: readonly string[]): Promise<DeleteFailure[]> {
    return deleteEach(uris, (uri) => this.delete(uri));
  }

  owns(uri: string): boolean {
    return uri.startsWith(flatUri(this.scheme, this.settings.container, this.settings.prefix));
  }

  async *list(): AsyncIterable<{ uri: string; size: number; modifiedAt: Date }> {
    const { container, prefix } = this.settings;
    try {
      for await (const { name, size, modifiedAt } of listContainer(this.client, container, prefix, this.pageNames)) {
        yield { uri: flatUri(this.scheme, container, name), size, modifiedAt };
      }
    } catch (error) {
      throw this.failure('list', `listing container "${container}"`, undefined, error);
    }
  }

  async close(): Promise<void> {
    this.client.close();
  }

  /** Works in the container of the uri, or the one that the old system took for it; undefined when nothing is in either. */
  private async inContainer<T>(
    uri: string,
    action: Attempt['action'],
    text: string,
    signal: AbortSignal | undefined,
    work: (container: string, name: string) => Promise<T>,
  ): Promise<T | undefined> {
    const { container, name } = fromFlatUri(this.scheme, uri);
    for (const candidate of containersOf(container)) {
      try {
        return await work(candidate, name);
      } catch (error) {
        if (signal?.aborted) {
          throw new StorageError('aborted', `${text} was stopped`, { driver: this.name, uri, cause: error });
        }
        if (!isMissing(error)) throw this.failure(action, text, uri, error);
      }
    }
    return undefined;
  }

  private async *read(source: Readable, uri: string): AsyncGenerator<Buffer> {
    try {
      yield* source as AsyncIterable<Buffer>;
    } catch (error) {
      throw this.failure('read', `reading ${uri}`, uri, error);
    }
  }

  private failure(action: Attempt['action'], text: string, uri: string | undefined, error: unknown): StorageError {
    const container = uri === undefined ? this.settings.container : fromFlatUri(this.scheme, uri).container;
    return toStorageError({ action, text, container, ...(uri === undefined ? {} : { uri }) }, error);
  }
}

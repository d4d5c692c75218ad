import {
  deleteEach,
  StorageError,
  type DeleteFailure,
  type ObjectAddress,
  type StorageDriver,
  type StoredContent,
} from '@kedge/object-store';
import { randomBytes } from 'node:crypto';
import { opendir, readdir, readFile, rm, stat, unlink } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { addAbortSignal, Readable } from 'node:stream';
import { DurableDirectory, writeDurably } from './durable-file.js';
import { isMissing, toStorageError } from './failure.js';
import { FileBody } from './file-body.js';
import { ACCOUNT_DIRECTORY, pathInside, pathOf, TEMPORARY, uriOf } from './layout.js';
import { makeDirectories } from './make-directories.js';

const DAY_MS = 24 * 60 * 60 * 1000;

/**
 * Keeps content as files; see {@link pathOf} for the layout. A file grows in `.kedge-tmp`, is synchronised and gets its
 * name by rename, so it is visible whole or not at all, also after a power failure. Emptied directories stay.
 */
export class FilesystemDriver implements StorageDriver {
  readonly name = 'localfs';
  readonly scheme = 'file';
  readonly place: string;
  private readonly directory: string;
  private readonly temporary: string;

  /** @param directory absolute path, for the objects alone */
  constructor(directory: string) {
    this.directory = resolve(directory);
    this.temporary = join(this.directory, TEMPORARY);
    this.place = uriOf(this.directory);
  }

  async init(): Promise<void> {
    try {
      await makeDirectories(this.directory, 0o750);
      await this.requireDedicated();
      await makeDirectories(this.temporary, 0o750);
      await this.removeAbandoned();
      await this.probe();
    } catch (error) {
      const failure = toStorageError(`preparing directory ${this.directory}`, error);
      throw failure.code === 'unknown' || failure.code === 'not_found'
        ? new StorageError('invalid_config', failure.message, { driver: this.name, cause: error })
        : failure;
    }
  }

  locate(address: ObjectAddress): string[] {
    return [uriOf(pathOf(this.directory, address))];
  }

  async put(address: ObjectAddress, body: Readable, options: { signal?: AbortSignal } = {}): Promise<StoredContent> {
    const path = pathOf(this.directory, address);
    const uri = uriOf(path);
    const growing = join(this.temporary, `${address.unique}.${randomBytes(6).toString('hex')}.part`);
    const directory = DurableDirectory.open(dirname(path)); // while the file is written
    directory.catch(() => undefined); // reported below
    try {
      const size = await writeDurably(growing, body, options.signal);
      options.signal?.throwIfAborted();
      await (await directory).take(growing, path);
      return { uri, size };
    } catch (error) {
      body.destroy();
      await rm(growing, { force: true }).catch(() => undefined); // it is no content, and init removes it later
      if (options.signal?.aborted) {
        throw new StorageError('aborted', `writing ${uri} was stopped`, { driver: this.name, uri, cause: error });
      }
      throw toStorageError(`writing ${uri}`, error, uri);
    } finally {
      // Nothing is lost with a directory that was only read and synchronised.
      void directory.then((opened) => opened.close()).catch(() => undefined);
    }
  }

  async get(uri: string, options: { signal?: AbortSignal } = {}): Promise<Readable> {
    const path = this.require(uri);
    if (options.signal?.aborted)
      throw new StorageError('aborted', `reading ${uri} was stopped`, { driver: this.name, uri });
    try {
      const body = await FileBody.open(path, uri);
      return options.signal ? addAbortSignal(options.signal, body) : body;
    } catch (error) {
      if (isMissing(error)) {
        throw new StorageError('not_found', `there is no content at ${uri}`, { driver: this.name, uri, cause: error });
      }
      throw toStorageError(`reading ${uri}`, error, uri);
    }
  }

  async stat(uri: string): Promise<{ size: number } | undefined> {
    const path = this.require(uri);
    try {
      return { size: (await stat(path)).size };
    } catch (error) {
      if (isMissing(error)) return undefined;
      throw toStorageError(`looking up ${uri}`, error, uri);
    }
  }

  async delete(uri: string): Promise<void> {
    const path = this.require(uri);
    try {
      await unlink(path);
    } catch (error) {
      if (!isMissing(error)) throw toStorageError(`deleting ${uri}`, error, uri);
    }
  }

  deleteMany(uris: readonly string[]): Promise<DeleteFailure[]> {
    return deleteEach(uris, (uri) => this.delete(uri));
  }

  owns(uri: string): boolean {
    return pathInside(this.directory, uri) !== undefined;
  }

  async *list(): AsyncIterable<{ uri: string; size: number; modifiedAt: Date }> {
    for await (const path of this.files(this.directory, 0)) {
      let found;
      try {
        found = await stat(path);
      } catch (error) {
        if (isMissing(error)) continue; // deleted since its directory was read
        throw toStorageError(`listing ${path}`, error);
      }
      yield { uri: uriOf(path), size: found.size, modifiedAt: found.mtime };
    }
  }

  /** Nothing to close: no file stays open between calls. */
  async close(): Promise<void> {}

  /** Content lies exactly four levels down: account, bucket, two digits, file. */
  private async *files(directory: string, depth: number): AsyncIterable<string> {
    try {
      for await (const entry of await opendir(directory)) {
        if (depth === 0 && !ACCOUNT_DIRECTORY.test(entry.name)) continue;
        const path = join(directory, entry.name);
        if (depth < 3 && entry.isDirectory()) yield* this.files(path, depth + 1);
        if (depth === 3 && entry.isFile() && entry.name.endsWith('.json')) yield path;
      }
    } catch (error) {
      throw toStorageError(`listing ${directory}`, error);
    }
  }

  private require(uri: string): string {
    const path = pathInside(this.directory, uri);
    if (path !== undefined) return path;
    const message = `${uri} lies outside of archive_data_dir ${this.directory}; configure the directory it is in`;
    throw new StorageError('invalid_config', message, { driver: this.name, uri });
  }

  private async requireDedicated(): Promise<void> {
    const strange: string[] = [];
    for await (const entry of await opendir(this.directory)) {
      const ours = entry.name === TEMPORARY || ACCOUNT_DIRECTORY.test(entry.name);
      if (!ours || !entry.isDirectory()) strange.push(entry.name);
      if (strange.length === 5) break;
    }
    if (strange.length === 0) return;
    throw new StorageError(
      'invalid_config',
      `archive_data_dir ${this.directory} holds other things (${strange.join(', ')}); give the objects a directory of their own`,
      { driver: this.name },
    );
  }

  private async removeAbandoned(): Promise<void> {
    for (const name of await readdir(this.temporary)) {
      const path = join(this.temporary, name);
      const age = Date.now() - ((await stat(path).catch(() => undefined))?.mtimeMs ?? Date.now());
      if (age > DAY_MS) await rm(path, { force: true });
    }
  }

  /** Proves write, read-back and delete. */
  private async probe(): Promise<void> {
    const path = join(this.temporary, `probe.${randomBytes(6).toString('hex')}`);
    const text = 'kedge self check';
    await writeDurably(path, Readable.from([Buffer.from(text)]));
    const found = await readFile(path, 'utf8');
    await unlink(path);
    if (found !== text) {
      const message = `the self check in ${this.directory} read back something else than it wrote`;
      throw new StorageError('integrity', message, { driver: this.name });
    }
  }
}

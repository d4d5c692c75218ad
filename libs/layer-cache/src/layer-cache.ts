import { constants } from 'node:fs';
import { mkdir, open, utimes } from 'node:fs/promises';
import { addAbortSignal, Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { blobName, type BlobDescriptor } from './blob.js';
import { BlobProof } from './blob-proof.js';
import { CachePaths } from './cache-paths.js';
import { CacheSpace, type Removal, type Usage } from './cache-space.js';
import { DirectoryLock } from './directory-lock.js';
import { codeOf, LayerCacheError } from './errors.js';
import { newOwnerName } from './owner-name.js';
import { Owner } from './owner.js';
import { PartialFile } from './partial-file.js';

const READ_SIZE = 256 * 1024;
const LOOK_AGAIN_MS = 100;

export interface LayerCacheOptions {
  /** The configuration's `tmp_dir`; the cache is its folder `anchore_layercache`. */
  tmpDir: string;
  /** Ceiling. Bytes. */
  maxBytes: number;
  /** Longest wait for a blob that somebody else is downloading; then it is read past the cache. Default 10 minutes. */
  waitMs?: number;
  /** Told of trouble that the cache coped with: a disk that is full, a blob that was damaged. */
  onProblem?: (problem: Error) => void;
}

/** Counters since the start. */
export interface LayerCacheStats {
  hits: number;
  misses: number;
  /** Blobs read past the cache, since they did not fit or somebody else's download took too long. */
  bypassed: number;
  /** Bytes that were not downloaded, thanks to hits. */
  savedBytes: number;
  /** Stored blobs that were found damaged and removed. */
  corrupt: number;
  evicted: number;
  evictedBytes: number;
}

/** Opens a blob at its source. */
export type FetchBlob = () => Promise<Readable>;

/**
 * Blobs of image layers on disk, under a ceiling, least recently used out first (analyzer spec 4).
 *
 * Several caches, in one or many processes, may share a directory. Every blob is proven by its digest whenever it is read.
 * Space is reserved before a download begins, so the ceiling holds also while the cache is busy; only blobs that are being
 * read can keep a new one out, which is then read past the cache.
 */
export class LayerCache {
  private readonly counts = { hits: 0, misses: 0, bypassed: 0, savedBytes: 0, corrupt: 0 };
  /** Downloads of this process; each promise resolves when the blob is stored or given up. */
  private readonly downloads = new Map<string, Promise<void>>();
  /** Downloads that were read to their end and are being stored. */
  private readonly settling = new Set<Promise<void>>();
  private readonly waitMs: number;
  private readonly onProblem: (problem: Error) => void;

  private constructor(
    private readonly paths: CachePaths,
    private readonly owner: Owner,
    private readonly space: CacheSpace,
    options: LayerCacheOptions,
  ) {
    this.waitMs = options.waitMs ?? 600_000;
    this.onProblem = options.onProblem ?? (() => undefined);
  }

  /**
   * Makes the directory or takes over what is there, also one of the old system: leftovers are removed, and the oldest
   * blobs above the ceiling.
   *
   * @throws LayerCacheError `unusable_directory`, `busy`
   */
  static async start(options: LayerCacheOptions): Promise<LayerCache> {
    const paths = new CachePaths(options.tmpDir);
    try {
      await mkdir(paths.blobs, { recursive: true });
      await mkdir(paths.owners, { recursive: true });
      const name = newOwnerName();
      const lock = new DirectoryLock(paths.lock, name);
      const owner = await Owner.create(paths, name);
      const space = new CacheSpace(paths, owner, lock, options.maxBytes);
      await space.takeOver();
      return new LayerCache(paths, owner, space, options);
    } catch (error) {
      if (error instanceof LayerCacheError) throw error;
      throw new LayerCacheError(
        'unusable_directory',
        `the layer cache ${paths.root} cannot be used (${codeOf(error) || (error as Error).message}); ` +
          'give tmp_dir a directory that this user can write to, or set layer_cache_enable to false',
        error,
      );
    }
  }

  /**
   * The blob's bytes, from disk or from `fetch`; in the latter case they are stored while they are being read, at the
   * reader's pace. The stream fails at its end when the bytes are not those of the descriptor, so nothing is true before
   * `end`. A reader that cannot make sense of the bytes should still read on to learn whether they are damaged: after
   * {@link LayerCacheError} `damaged` the stored blob is gone, and opening again fetches it. A stream that is destroyed
   * early stores nothing.
   *
   * @throws LayerCacheError `invalid_descriptor`, `busy`; the signal's reason; whatever `fetch` and its stream fail with.
   */
  async open(blob: BlobDescriptor, fetch: FetchBlob, { signal }: { signal?: AbortSignal } = {}): Promise<Readable> {
    const name = blobName(blob);
    const stream = await this.openAnywhere(name, blob, fetch, signal);
    return signal ? addAbortSignal(signal, stream) : stream;
  }

  /** Counters of this process. */
  get stats(): LayerCacheStats {
    const { blobs: evicted, bytes: evictedBytes } = this.space.evicted;
    return { ...this.counts, evicted, evictedBytes };
  }

  /** What the directory holds now, for all processes. Blobs that this one has read to their end are stored by then. */
  async du(): Promise<Usage> {
    await Promise.all(this.settling);
    return this.space.usage();
  }

  /** Removes least recently used blobs until at most `bytes` are stored; blobs that are being read stay. */
  prune(bytes: number): Promise<Removal> {
    return this.space.prune(bytes);
  }

  /** Waits until finished downloads are stored, and leaves the directory. Streams must have been read or destroyed. */
  async close(): Promise<void> {
    await Promise.all([...this.downloads.values(), ...this.settling]);
    await this.owner.close();
  }

  private async openAnywhere(
    name: string,
    blob: BlobDescriptor,
    fetch: FetchBlob,
    signal: AbortSignal | undefined,
  ): Promise<Readable> {
    const deadline = Date.now() + this.waitMs;
    for (;;) {
      signal?.throwIfAborted();
      const stored = await this.openStored(name, blob);
      if (stored) return stored;
      const reservation = await this.space.reserve(name, blob.size);
      if (reservation === 'reserved') return this.download(name, blob, fetch);
      if (reservation === 'full' || Date.now() > deadline) {
        this.counts.bypassed += 1;
        const source = quiet(await fetch());
        return asStream(proven(source, blob)).once('close', () => source.destroy());
      }
      if (reservation === 'busy') {
        await Promise.race([this.downloads.get(name) ?? sleep(LOOK_AGAIN_MS), sleep(LOOK_AGAIN_MS)]);
      }
    }
  }

  /** Undefined when the blob is not stored. No lock is needed: once the file is open, removing it harms nobody. */
  private async openStored(name: string, blob: BlobDescriptor): Promise<Readable | undefined> {
    if (this.downloads.has(name)) return undefined;
    const path = this.paths.blob(name);
    const release = await this.owner.use(name);
    try {
      const handle = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW);
      const { size, ino } = await handle.stat();
      if (size !== blob.size) {
        await handle.close();
        await this.dropDamaged(name, ino, `has ${size} bytes instead of ${blob.size}`);
        await release();
        return undefined;
      }
      const now = new Date();
      // A file that belongs to somebody else can be read and not touched; it then counts as older than it is.
      await utimes(path, now, now).catch(() => undefined);
      this.space.index.touch(name);
      this.counts.hits += 1;
      this.counts.savedBytes += size;
      const file = handle.createReadStream({ highWaterMark: READ_SIZE });
      const stream = asStream(
        proven(file, blob, async (found) => {
          await this.dropDamaged(name, ino, found);
          return new LayerCacheError(
            'damaged',
            `stored blob ${blob.digest} ${found}; it was removed from the layer cache and is fetched again next time`,
          );
        }),
      );
      return stream.once('close', () => {
        file.destroy();
        release().catch(this.onProblem);
      });
    } catch (error) {
      await release();
      const code = codeOf(error);
      if (code === 'ENOENT' || code === 'ELOOP') {
        this.space.index.remove(name); // removed by hand or by another process
        return undefined;
      }
      throw error;
    }
  }

  private async dropDamaged(name: string, inode: number, found: string): Promise<void> {
    this.counts.corrupt += 1;
    this.onProblem(new LayerCacheError('damaged', `stored blob sha256:${name} ${found}; it was removed`));
    await this.space.drop(name, inode);
  }

  private async download(name: string, blob: BlobDescriptor, fetch: FetchBlob): Promise<Readable> {
    this.counts.misses += 1;
    let settle: () => void = () => undefined;
    this.downloads.set(name, new Promise<void>((resolve) => (settle = resolve)));
    const end = async (file: PartialFile | undefined, complete: boolean): Promise<void> => {
      try {
        await (complete ? file?.finish() : file?.close());
        if (complete && file && !file.failed) await this.space.commit(name, blob.size);
        else await this.space.abandon(name);
        if (file?.failed) this.onProblem(file.failed);
      } catch (error) {
        await this.space.abandon(name).catch(this.onProblem);
        this.onProblem(error as Error);
      } finally {
        this.downloads.delete(name);
        settle();
      }
    };
    let file: PartialFile | undefined;
    try {
      file = await PartialFile.open(this.owner.download(name));
      const source = quiet(await fetch());
      const state = { complete: false };
      const stream = asStream(storing(source, blob, file, state));
      // A stream destroyed before its first byte never ran the generator.
      return stream.once('close', () => {
        source.destroy();
        const ended = end(file, state.complete).finally(() => this.settling.delete(ended));
        this.settling.add(ended);
      });
    } catch (error) {
      await end(file, false);
      throw error;
    }
  }
}

/** The source's bytes, proven; `explain` may turn a mismatch into another error. */
async function* proven(
  source: Readable,
  blob: BlobDescriptor,
  explain?: (found: string) => Promise<Error>,
): AsyncGenerator<Buffer> {
  const proof = new BlobProof(blob);
  const check = async (mismatch: ReturnType<BlobProof['end']>): Promise<void> => {
    if (!mismatch) return;
    if (explain) throw await explain(mismatch.found);
    throw new LayerCacheError(mismatch.code, `blob ${blob.digest} ${mismatch.found}; push the image again`);
  };
  for await (const chunk of source as AsyncIterable<Buffer>) {
    await check(proof.update(chunk));
    yield chunk;
  }
  await check(proof.end());
}

async function* storing(
  source: Readable,
  blob: BlobDescriptor,
  file: PartialFile,
  state: { complete: boolean },
): AsyncGenerator<Buffer> {
  for await (const chunk of proven(source, blob)) {
    await file.write(chunk);
    yield chunk;
  }
  state.complete = true;
}

/** An error that comes before anybody reads must find a listener; the reader meets it too. */
function quiet(source: Readable): Readable {
  return source.on('error', () => undefined);
}

function asStream(bytes: AsyncIterable<Buffer>): Readable {
  return Readable.from(bytes, { objectMode: false, highWaterMark: READ_SIZE });
}

import { open, rename, stat, statfs, unlink } from 'node:fs/promises';
import { BlobIndex } from './blob-index.js';
import type { CachePaths } from './cache-paths.js';
import type { DirectoryLock } from './directory-lock.js';
import { codeOf } from './errors.js';
import { ignoreMissing, lookThroughOwners, type InHand, type Owner } from './owner.js';

/** Left free on the volume for everybody else. Bytes. */
const KEEP_FREE = 64 * 1024 * 1024;

/**
 * - `reserved`: the download's file is there with its full length; space for it was made;
 * - `stored`: somebody stored the blob meanwhile;
 * - `busy`: somebody is downloading it;
 * - `full`: it does not fit, even after removing everything that is not being read.
 */
export type Reservation = 'reserved' | 'stored' | 'busy' | 'full';

export interface Usage {
  /** Stored blobs. */
  blobs: number;
  /** Their bytes. */
  bytes: number;
  /** Bytes reserved for downloads that are going on, of all processes. */
  reservedBytes: number;
  /** Bytes of blobs that are being read, by all processes. */
  pinnedBytes: number;
}

export interface Removal {
  blobs: number;
  bytes: number;
}

/** Who may store what: keeps blobs and downloads of all processes on the volume under the ceiling at every moment. */
export class CacheSpace {
  readonly index: BlobIndex;
  readonly evicted: Removal = { blobs: 0, bytes: 0 };

  constructor(
    private readonly paths: CachePaths,
    private readonly owner: Owner,
    private readonly lock: DirectoryLock,
    private readonly maxBytes: number,
  ) {
    this.index = new BlobIndex(paths);
  }

  /** Takes over what is there: leftovers go, and the oldest blobs above the ceiling. */
  async takeOver(): Promise<void> {
    await this.lock.run(async () => {
      await this.index.announceChange();
      await this.index.removeStrangers();
      const inHand = await this.look(true);
      await this.evict(this.index.bytes + sum(inHand) - this.maxBytes, inHand, { all: false });
    });
  }

  /** Makes room for a blob and creates its download file. Blobs that are being read are never removed for it. */
  reserve(name: string, size: number): Promise<Reservation> {
    return this.lock.run(async () => {
      const inHand = await this.look();
      if (this.index.has(name)) return 'stored';
      if (inHand.downloads.has(name)) return 'busy';
      const volume = await statfs(this.paths.root);
      const free = volume.bavail * volume.bsize - inHand.unwritten - KEEP_FREE;
      const missing = Math.max(this.index.bytes + sum(inHand) + size - this.maxBytes, size - free);
      if (size > this.maxBytes || !(await this.evict(missing, inHand))) return 'full';
      const file = await open(this.owner.download(name), 'w', 0o644);
      await file.truncate(size).finally(() => file.close());
      return 'reserved';
    });
  }

  /** Turns a complete, proven download into a blob. */
  async commit(name: string, size: number): Promise<void> {
    await this.lock.run(async () => {
      await this.index.refresh();
      await this.index.announceChange();
      await rename(this.owner.download(name), this.paths.blob(name));
      this.index.add(name, size);
    });
  }

  /** Gives up a download and its reservation. */
  async abandon(name: string): Promise<void> {
    await unlink(this.owner.download(name)).catch(ignoreMissing);
  }

  /** Removes a damaged blob, unless another file has taken its place. */
  async drop(name: string, inode: number): Promise<void> {
    await this.lock.run(async () => {
      const state = await stat(this.paths.blob(name)).catch(ignoreMissing);
      if (state?.ino !== inode) return;
      await this.index.refresh();
      await this.remove(name);
    });
  }

  async usage(): Promise<Usage> {
    return this.lock.run(async () => {
      const inHand = await this.look();
      let pinnedBytes = 0;
      for (const [name, { size }] of this.index.entries()) if (inHand.used.has(name)) pinnedBytes += size;
      return { blobs: this.index.size, bytes: this.index.bytes, reservedBytes: sum(inHand), pinnedBytes };
    });
  }

  /** Removes least recently used blobs until at most `bytes` are stored; those being read stay. */
  async prune(bytes: number): Promise<Removal> {
    return this.lock.run(async () => {
      const inHand = await this.look(true);
      const before = { ...this.evicted };
      await this.evict(this.index.bytes - bytes, inHand, { all: false });
      return { blobs: this.evicted.blobs - before.blobs, bytes: this.evicted.bytes - before.bytes };
    });
  }

  /** Brings index and owners up to date. Another process's uses are only seen on disk, so a shared volume is scanned. */
  private async look(scan = false): Promise<InHand> {
    const inHand = await lookThroughOwners(this.paths, this.owner.name);
    await this.index.refresh(scan || inHand.owners > 1);
    return inHand;
  }

  /** Removes the least recently used blobs worth `bytes`; with `all` (default) nothing when that many cannot be removed. */
  private async evict(bytes: number, { used }: InHand, { all = true } = {}): Promise<boolean> {
    if (bytes <= 0) return true;
    const chosen: string[] = [];
    let found = 0;
    for (const [name, { size }] of this.index.entries()) {
      if (used.has(name)) continue;
      chosen.push(name);
      if ((found += size) >= bytes) break;
    }
    if (all && found < bytes) return false;
    for (const name of chosen) {
      const { bytes: before } = this.index;
      await this.remove(name);
      this.evicted.blobs += 1;
      this.evicted.bytes += before - this.index.bytes;
    }
    return true;
  }

  private async remove(name: string): Promise<void> {
    await this.index.announceChange();
    await unlink(this.paths.blob(name)).catch((error: unknown) => {
      if (codeOf(error) !== 'ENOENT') throw error;
    });
    this.index.remove(name);
  }
}

function sum({ downloads }: InHand): number {
  let bytes = 0;
  for (const size of downloads.values()) bytes += size;
  return bytes;
}

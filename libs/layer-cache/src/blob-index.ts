import { readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { randomBytes } from 'node:crypto';
import type { CachePaths } from './cache-paths.js';
import { isBlobName } from './blob.js';
import { ignoreMissing } from './owner.js';

export interface IndexedBlob {
  size: number;
  /** Milliseconds since 1970. */
  lastUse: number;
}

/**
 * What is stored, in memory, least recently used first. Read from the directory once, and again only when another process
 * changed something: every change also changes the generation file.
 */
export class BlobIndex {
  private blobs = new Map<string, IndexedBlob>();
  private generation: string | undefined;
  /** Bytes of all blobs. */
  bytes = 0;

  constructor(private readonly paths: CachePaths) {}

  get size(): number {
    return this.blobs.size;
  }

  has(name: string): boolean {
    return this.blobs.has(name);
  }

  /** Least recently used first. */
  entries(): Iterable<[string, IndexedBlob]> {
    return this.blobs.entries();
  }

  /** Notes a use; O(1). */
  touch(name: string): void {
    const blob = this.blobs.get(name);
    if (!blob) return;
    this.blobs.delete(name);
    this.blobs.set(name, { ...blob, lastUse: Date.now() });
  }

  add(name: string, size: number): void {
    this.remove(name);
    this.blobs.set(name, { size, lastUse: Date.now() });
    this.bytes += size;
  }

  remove(name: string): void {
    this.bytes -= this.blobs.get(name)?.size ?? 0;
    this.blobs.delete(name);
  }

  /** Tells other processes that what is stored changes; call it before the change, under the lock. */
  async announceChange(): Promise<void> {
    const generation = randomBytes(8).toString('hex');
    await writeFile(this.paths.generation, generation);
    this.generation = generation;
  }

  /** Reads the directory if somebody else changed it, or if told to. Call it under the lock. */
  async refresh(always = false): Promise<void> {
    const generation = await readFile(this.paths.generation, 'utf8').catch(ignoreMissing);
    if (!always && generation !== undefined && generation === this.generation) return;
    await this.scan();
    this.generation = generation;
  }

  /** Removes what is no blob: other names, anything but regular files. Call it under the lock. */
  async removeStrangers(): Promise<void> {
    for (const entry of await readdir(this.paths.blobs, { withFileTypes: true })) {
      if (isBlobName(entry.name) && entry.isFile()) continue;
      await rm(this.paths.blob(entry.name), { recursive: true, force: true });
    }
  }

  private async scan(): Promise<void> {
    const found: [string, IndexedBlob][] = [];
    for (const name of await readdir(this.paths.blobs)) {
      if (!isBlobName(name)) continue;
      const state = await stat(this.paths.blob(name)).catch(ignoreMissing);
      if (state?.isFile()) found.push([name, { size: state.size, lastUse: Math.max(state.mtimeMs, state.atimeMs) }]);
    }
    this.blobs = new Map(found.sort(([, a], [, b]) => a.lastUse - b.lastUse));
    this.bytes = found.reduce((sum, [, { size }]) => sum + size, 0);
  }
}

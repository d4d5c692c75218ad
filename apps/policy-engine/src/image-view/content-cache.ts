import type { FileBlock } from '../packed/file-block.js';
import type { PackageEntries } from './package-database.js';

/** Bytes of decoded content that a process keeps for the next evaluation, roughly. */
const FILES_CAPACITY = 64 * 1024 * 1024;
const PACKAGES_CAPACITY = 32 * 1024 * 1024;

/** Decoded content that evaluations share. */
export interface ContentCaches {
  files: ContentCache<FileBlock>;
  packages: ContentCache<PackageEntries>;
}

/**
 * Decoded content by id, bounded by what it weighs; the content that was not used for the longest time goes first. Ids
 * name content that never changes, so nothing has to be invalidated.
 */
export class ContentCache<T extends { readonly weight: number }> {
  private readonly entries = new Map<string, T>();
  private weight = 0;

  /** @param capacity bytes of memory, roughly; content heavier than that is not kept */
  constructor(private readonly capacity: number) {}

  get(id: string): T | undefined {
    const found = this.entries.get(id);
    if (found === undefined) return undefined;
    this.entries.delete(id);
    this.entries.set(id, found);
    return found;
  }

  set(id: string, content: T): void {
    if (content.weight > this.capacity || this.entries.has(id)) return;
    this.entries.set(id, content);
    this.weight += content.weight;
    for (const [oldest, { weight }] of this.entries) {
      if (this.weight <= this.capacity) break;
      this.entries.delete(oldest);
      this.weight -= weight;
    }
  }
}

export function contentCaches(): ContentCaches {
  return { files: new ContentCache(FILES_CAPACITY), packages: new ContentCache(PACKAGES_CAPACITY) };
}

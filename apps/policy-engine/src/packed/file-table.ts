import { ByteList } from './byte-list.js';
import { grown } from './columns.js';
import { PathIndex } from './path-index.js';

/** In the order of their codes. */
export const FILE_TYPES = ['UNKNOWN', 'file', 'dir', 'slink', 'dev'] as const;
export type FileType = (typeof FILE_TYPES)[number];

/** What `files.allinfo` says of one path. */
export interface FileFacts {
  type: FileType;
  mode: number;
  uid: number;
  gid: number;
  size: number;
  linkTarget: string | null;
}

/** Digests of one file, in the order in which a row holds them. */
export const DIGESTS = {
  sha256: { at: 0, length: 32 },
  sha1: { at: 32, length: 20 },
  md5: { at: 52, length: 16 },
} as const;
export type DigestName = keyof typeof DIGESTS;
const DIGEST_BYTES = 68;

/** Rows that a section may pass over before its paths are looked up: those of directories, which have no digest. */
const MOST_PASSED = 4;

const LISTED = 1;
export const PACKAGED = 2;
/** Bits by digest; set when the row has it. */
export const DIGEST_BITS: Readonly<Record<DigestName, number>> = { sha256: 4, sha1: 8, md5: 16 };

/**
 * The files of one image as columns, filled section by section in any order. A file takes about 110 bytes and those of its
 * path, so that a tree of a million files fits in the memory that a service has.
 */
export class FileTable {
  readonly paths = new ByteList();
  readonly links = new Map<number, string>();
  types = new Uint8Array(0);
  flags = new Uint8Array(0);
  modes = new Uint32Array(0);
  uids = new Float64Array(0);
  gids = new Float64Array(0);
  sizes = new Float64Array(0);
  digests = new Uint8Array(0);
  private index: PathIndex | undefined;
  private sorted: Uint32Array | undefined;
  private cursor = 0;
  /** No section can have named these paths before. */
  private inFirstSection = true;

  get count(): number {
    return this.paths.count;
  }

  /**
   * The row of the path `bytes[start, end)` in UTF-8, made when there is none. Sections usually have the paths in one
   * order: then the row follows the one that was asked for before, or a few others, and no index of all paths is needed.
   */
  row(bytes: Buffer, start: number, end: number): number {
    const { paths } = this;
    const limit = Math.min(this.cursor + MOST_PASSED, paths.count);
    for (let next = this.cursor; next < limit; next += 1) {
      if (!paths.equals(next, bytes, start, end)) continue;
      this.cursor = next + 1;
      return next;
    }
    const row = this.inFirstSection ? this.add(bytes, start, end) : this.lookUp(bytes, start, end);
    this.cursor = row + 1;
    return row;
  }

  /** A new section begins: its paths may start from the first again. */
  rewind(): void {
    this.cursor = 0;
    this.inFirstSection = this.paths.count === 0;
  }

  describe(row: number, facts: FileFacts): void {
    this.types[row] = FILE_TYPES.indexOf(facts.type);
    this.modes[row] = facts.mode;
    this.uids[row] = facts.uid;
    this.gids[row] = facts.gid;
    this.sizes[row] = facts.size;
    this.flag(row, LISTED);
    if (facts.linkTarget !== null) this.links.set(row, facts.linkTarget);
  }

  flag(row: number, bits: number): void {
    this.flags[row] = (this.flags[row] as number) | bits;
  }

  /** Where in `digests` this digest of the row is. */
  digestAt(row: number, name: DigestName): number {
    return row * DIGEST_BYTES + DIGESTS[name].at;
  }

  /** Rows that `files.allinfo` lists, by path (order of UTF-8 bytes); call it when all sections are there. */
  sortedRows(): Uint32Array {
    return (this.sorted ??= this.sort());
  }

  private sort(): Uint32Array {
    const { paths, flags } = this;
    const all = new Uint32Array(paths.count);
    let count = 0;
    let isSorted = true;
    for (let row = 0; row < paths.count; row += 1) {
      if (((flags[row] as number) & LISTED) === 0) continue;
      if (count > 0 && paths.compare(all[count - 1] as number, row) >= 0) isSorted = false;
      all[count++] = row;
    }
    const listed = all.subarray(0, count);
    if (isSorted) return listed;
    listed.sort((a, b) => paths.compare(a, b) || a - b);
    // A document that names a path twice means the second.
    return listed.filter((row, at) => at + 1 === count || paths.compare(row, listed[at + 1] as number) !== 0);
  }

  private lookUp(bytes: Buffer, start: number, end: number): number {
    this.index ??= new PathIndex(this.paths);
    const known = this.index.find(bytes, start, end);
    if (known >= 0) return known;
    const row = this.add(bytes, start, end);
    this.index.add(row);
    return row;
  }

  private add(bytes: Buffer, start: number, end: number): number {
    const row = this.paths.add(bytes, start, end);
    if (row >= this.types.length) {
      this.types = grown(this.types, row + 1);
      this.flags = grown(this.flags, row + 1);
      this.modes = grown(this.modes, row + 1);
      this.uids = grown(this.uids, row + 1);
      this.gids = grown(this.gids, row + 1);
      this.sizes = grown(this.sizes, row + 1);
      this.digests = grown(this.digests, this.types.length * DIGEST_BYTES);
    }
    return row;
  }
}

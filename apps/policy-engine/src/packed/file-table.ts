/** What `files.allinfo` says of one path. */
export interface FileFacts {
  type: FileType;
  mode: number;
  uid: number;
  gid: number;
  size: number;
  linkTarget: string | null;
}

/** In the order of their codes. */
export const FILE_TYPES = ['UNKNOWN', 'file', 'dir', 'slink', 'dev'] as const;
export type FileType = (typeof FILE_TYPES)[number];

/** Digests of one file, in the order in which a row holds them. */
export const DIGESTS = {
  sha256: { at: 0, length: 32 },
  sha1: { at: 32, length: 20 },
  md5: { at: 52, length: 16 },
} as const;
export type DigestName = keyof typeof DIGESTS;
const DIGEST_BYTES = 68;

export const LISTED = 1;
export const PACKAGED = 2;
/** Bits by digest; set when the row has it. */
export const DIGEST_BITS: Readonly<Record<DigestName, number>> = { sha256: 4, sha1: 8, md5: 16 };

/**
 * The files of one image as columns, filled section by section in any order. About 100 bytes a file and its path, so that
 * a tree of a million files fits in memory that a service has.
 */
export class FileTable {
  readonly paths: string[] = [];
  readonly links = new Map<number, string>();
  types = new Uint8Array(0);
  flags = new Uint8Array(0);
  modes = new Uint32Array(0);
  uids = new Float64Array(0);
  gids = new Float64Array(0);
  sizes = new Float64Array(0);
  digests = Buffer.alloc(0);
  private rows: Map<string, number> | undefined;
  private cursor = 0;
  /** No section can have named these paths before. */
  private inFirstSection = true;

  /**
   * The row of a path, made when there is none. Sections usually have the paths in one order: then the row follows the
   * one that was asked for before, and no map of all paths is needed.
   */
  row(path: string): number {
    if (this.paths[this.cursor] === path) return this.cursor++;
    if (!this.inFirstSection) this.rows ??= new Map(this.paths.map((known, at) => [known, at]));
    const known = this.rows?.get(path);
    if (known !== undefined) {
      this.cursor = known + 1;
      return known;
    }
    const row = this.paths.push(path) - 1;
    this.rows?.set(path, row);
    if (row === this.types.length) this.grow();
    this.cursor = row + 1;
    return row;
  }

  /** A new section begins: its paths may start from the first again. */
  rewind(): void {
    this.cursor = 0;
    this.inFirstSection = this.paths.length === 0;
  }

  describe(row: number, facts: FileFacts): void {
    this.types[row] = FILE_TYPES.indexOf(facts.type);
    this.modes[row] = facts.mode;
    this.uids[row] = facts.uid;
    this.gids[row] = facts.gid;
    this.sizes[row] = facts.size;
    this.flags[row] = (this.flags[row] ?? 0) | LISTED;
    if (facts.linkTarget !== null) this.links.set(row, facts.linkTarget);
  }

  flag(row: number, bits: number): void {
    this.flags[row] = (this.flags[row] ?? 0) | bits;
  }

  /** Where in `digests` this digest of the row is. */
  digestAt(row: number, name: DigestName): number {
    return row * DIGEST_BYTES + DIGESTS[name].at;
  }

  /** Rows that `files.allinfo` lists, by path (order of UTF-16 code units). */
  sortedRows(): Uint32Array {
    const { paths, flags } = this;
    let count = 0;
    const rows = new Uint32Array(paths.length);
    let sorted = true;
    let previous: string | undefined;
    for (const [row, path] of paths.entries()) {
      if (((flags[row] ?? 0) & LISTED) === 0) continue;
      rows[count++] = row;
      if (previous !== undefined && previous >= path) sorted = false;
      previous = path;
    }
    const listed = rows.subarray(0, count);
    if (sorted) return listed;
    listed.sort((a, b) => {
      const [left = '', right = ''] = [paths[a], paths[b]];
      return left < right ? -1 : left > right ? 1 : a - b;
    });
    // A document that names a path twice means the second.
    return listed.filter((row, at) => paths[row] !== paths[listed[at + 1] ?? -1]);
  }

  private grow(): void {
    const capacity = Math.max(1024, this.types.length * 2);
    this.types = copied(this.types, new Uint8Array(capacity));
    this.flags = copied(this.flags, new Uint8Array(capacity));
    this.modes = copied(this.modes, new Uint32Array(capacity));
    this.uids = copied(this.uids, new Float64Array(capacity));
    this.gids = copied(this.gids, new Float64Array(capacity));
    this.sizes = copied(this.sizes, new Float64Array(capacity));
    this.digests = copied(this.digests, Buffer.alloc(capacity * DIGEST_BYTES));
  }
}

function copied<T extends { set(from: ArrayLike<number>): void }>(from: ArrayLike<number>, to: T): T {
  to.set(from);
  return to;
}

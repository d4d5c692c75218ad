import type { EntryType, LayerEntry } from './layer-inventory.js';

/** Kinds of digests an entry may have, in the order in which a row holds them. */
export type DigestKind = 'sha1' | 'sha256' | 'md5';

const TYPES: readonly EntryType[] = ['file', 'dir', 'slink', 'hardlink', 'char', 'block', 'fifo'];

/** Where the parts of a row are, in bytes. Digests are left out of rows that have none. */
const AT = { type: 0, flags: 1, mode: 2, uid: 4, gid: 12, size: 20, mtime: 28, digests: 36 } as const;
const DIGESTS = {
  sha1: { flag: 1, at: AT.digests, size: 20 },
  sha256: { flag: 2, at: AT.digests + 20, size: 32 },
  md5: { flag: 4, at: AT.digests + 52, size: 16 },
} as const;
const ALL_DIGESTS = 7;
const HAS_LINK = 8;
const DIGESTS_SIZE = 68;
const LENGTH_SIZE = 4;

const FIRST_CHUNK = 16 * 1024;
const LARGEST_CHUNK = 1024 * 1024;
const FIRST_ROWS = 64;

/**
 * The entries of a layer, packed: an image of a million files has a million of them, and as objects with strings each takes
 * a kilobyte and work of the garbage collector. A row takes about 150 bytes outside of the heap; what is asked of it is
 * made anew each time. Numbers are kept exactly, names as UTF-8.
 */
export class EntryTable implements Iterable<LayerEntry> {
  private readonly chunks: Buffer[] = [];
  /** Bytes of the last chunk that are taken. */
  private filled = 0;
  /** Chunk and offset of each row. */
  private places = new Uint32Array(2 * FIRST_ROWS);
  private count = 0;

  /** A table of these entries. */
  static of(entries: Iterable<LayerEntry>): EntryTable {
    const table = new EntryTable();
    for (const entry of entries) table.add(entry);
    return table;
  }

  get length(): number {
    return this.count;
  }

  /** Adds a row and answers its number. Throws RangeError for a type that is none and a digest that is not its hex text. */
  add(entry: LayerEntry): number {
    const type = TYPES.indexOf(entry.type);
    if (type < 0) throw new RangeError(`no type of entries: ${JSON.stringify(entry.type)}`);
    const { path, linkTarget } = entry;
    const has = entry.sha1 !== undefined || entry.sha256 !== undefined || entry.md5 !== undefined;
    const names = AT.digests + (has ? DIGESTS_SIZE : 0);
    const pathSize = Buffer.byteLength(path);
    const linkSize = linkTarget === undefined ? 0 : LENGTH_SIZE + Buffer.byteLength(linkTarget);
    const at = this.reserve(names + LENGTH_SIZE + pathSize + linkSize);
    const chunk = this.chunks[this.chunks.length - 1] as Buffer; // reserve() made it
    let flags = linkTarget === undefined ? 0 : HAS_LINK;
    if (has) {
      for (const kind of ['sha1', 'sha256', 'md5'] as const) flags |= writeDigest(chunk, at, kind, entry[kind]);
    }
    chunk[at + AT.type] = type;
    chunk[at + AT.flags] = flags;
    chunk.writeUInt16LE(entry.mode, at + AT.mode);
    chunk.writeDoubleLE(entry.uid, at + AT.uid);
    chunk.writeDoubleLE(entry.gid, at + AT.gid);
    chunk.writeDoubleLE(entry.size, at + AT.size);
    chunk.writeDoubleLE(entry.mtime, at + AT.mtime);
    writeText(chunk, at + names, path, pathSize);
    if (linkTarget !== undefined) {
      writeText(chunk, at + names + LENGTH_SIZE + pathSize, linkTarget, linkSize - LENGTH_SIZE);
    }
    return this.place(at);
  }

  /** A whole entry, or undefined past the last row. */
  at(row: number): LayerEntry | undefined {
    if (row < 0 || row >= this.count) return undefined;
    const linkTarget = this.linkTarget(row);
    const [sha1, sha256, md5] = [this.digest(row, 'sha1'), this.digest(row, 'sha256'), this.digest(row, 'md5')];
    return {
      path: this.path(row),
      type: this.type(row),
      mode: this.mode(row),
      uid: this.uid(row),
      gid: this.gid(row),
      size: this.size(row),
      mtime: this.mtime(row),
      ...(linkTarget !== undefined && { linkTarget }),
      ...(sha1 !== undefined && { sha1 }),
      ...(sha256 !== undefined && { sha256 }),
      ...(md5 !== undefined && { md5 }),
    };
  }

  *[Symbol.iterator](): Generator<LayerEntry> {
    for (let row = 0; row < this.count; row += 1) yield this.at(row) as LayerEntry; // within the table
  }

  type(row: number): EntryType {
    return TYPES[this.chunk(row)[this.offset(row) + AT.type] as number] as EntryType; // add() wrote it
  }

  mode(row: number): number {
    return this.chunk(row).readUInt16LE(this.offset(row) + AT.mode);
  }

  uid(row: number): number {
    return this.chunk(row).readDoubleLE(this.offset(row) + AT.uid);
  }

  gid(row: number): number {
    return this.chunk(row).readDoubleLE(this.offset(row) + AT.gid);
  }

  size(row: number): number {
    return this.chunk(row).readDoubleLE(this.offset(row) + AT.size);
  }

  mtime(row: number): number {
    return this.chunk(row).readDoubleLE(this.offset(row) + AT.mtime);
  }

  /** Hex; undefined when the entry has none of this kind. */
  digest(row: number, kind: DigestKind): string | undefined {
    const { flag, at, size } = DIGESTS[kind];
    if ((this.flags(row) & flag) === 0) return undefined;
    const start = this.offset(row) + at;
    return this.chunk(row).toString('hex', start, start + size);
  }

  path(row: number): string {
    return readText(this.chunk(row), this.names(row));
  }

  linkTarget(row: number): string | undefined {
    if ((this.flags(row) & HAS_LINK) === 0) return undefined;
    const chunk = this.chunk(row);
    const names = this.names(row);
    return readText(chunk, names + LENGTH_SIZE + chunk.readUInt32LE(names));
  }

  private chunk(row: number): Buffer {
    return this.chunks[this.places[2 * row] as number] as Buffer; // callers ask for rows of the table
  }

  private offset(row: number): number {
    return this.places[2 * row + 1] as number; // likewise
  }

  private flags(row: number): number {
    return this.chunk(row)[this.offset(row) + AT.flags] as number; // likewise
  }

  private names(row: number): number {
    return this.offset(row) + AT.digests + ((this.flags(row) & ALL_DIGESTS) === 0 ? 0 : DIGESTS_SIZE);
  }

  /** Makes room for so many bytes at the end of the last chunk; answers where. */
  private reserve(size: number): number {
    const last = this.chunks.at(-1);
    if (last === undefined || this.filled + size > last.length) {
      const wanted = last === undefined ? FIRST_CHUNK : Math.min(2 * last.length, LARGEST_CHUNK);
      this.chunks.push(Buffer.allocUnsafeSlow(Math.max(wanted, size)));
      this.filled = 0;
    }
    const at = this.filled;
    this.filled += size;
    return at;
  }

  private place(offset: number): number {
    if (2 * this.count === this.places.length) {
      const larger = new Uint32Array(2 * this.places.length);
      larger.set(this.places);
      this.places = larger;
    }
    this.places[2 * this.count] = this.chunks.length - 1;
    this.places[2 * this.count + 1] = offset;
    this.count += 1;
    return this.count - 1;
  }
}

/** Answers the flag of the digest, or 0 when there is none. */
function writeDigest(chunk: Buffer, row: number, kind: DigestKind, hex: string | undefined): number {
  if (hex === undefined) return 0;
  const { flag, at, size } = DIGESTS[kind];
  if (hex.length !== 2 * size || chunk.write(hex, row + at, size, 'hex') !== size) {
    throw new RangeError(`no ${kind}: ${JSON.stringify(hex)}`);
  }
  return flag;
}

function writeText(chunk: Buffer, at: number, text: string, size: number): void {
  chunk.writeUInt32LE(size, at);
  chunk.write(text, at + LENGTH_SIZE, size);
}

function readText(chunk: Buffer, at: number): string {
  const start = at + LENGTH_SIZE;
  return chunk.toString('utf8', start, start + chunk.readUInt32LE(at));
}

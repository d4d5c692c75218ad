import type { ImageFile, ListedFile } from '@kedge/policy';
import { ByteReader } from './byte-reader.js';
import { ByteWriter } from './byte-writer.js';
import { deflated, inflated } from './deflate.js';
import { DIGEST_BITS, DIGESTS, FILE_TYPES, PACKAGED, type DigestName, type FileTable } from './file-table.js';
import { comparedWith, writePaths } from './sorted-paths.js';

const FORMAT = 1;
const HAS_LINK = 32;
const KEPT_FLAGS = PACKAGED | DIGEST_BITS.sha256 | DIGEST_BITS.sha1 | DIGEST_BITS.md5;
const NAMES = Object.keys(DIGESTS) as DigestName[];

/** A run of files in two parts, of which only the first can be compressed. */
export interface EncodedBlock {
  firstPath: string;
  count: number;
  described: Buffer;
  digests: Buffer;
}

/** Encodes the files of these rows, at least one, sorted by path. Equal files give equal bytes, so their digest names the block. */
export function encodeBlock(table: FileTable, rows: Uint32Array): EncodedBlock {
  const writer = new ByteWriter();
  writer.byte(FORMAT);
  writer.varint(rows.length);
  writePaths(writer, table.paths, rows);
  const flags = rows.map((row) => ((table.flags[row] ?? 0) & KEPT_FLAGS) | (table.links.has(row) ? HAS_LINK : 0));
  for (const flag of flags) writer.byte(flag);
  for (const row of rows) writer.byte(table.types[row] ?? 0);
  for (const column of [table.modes, table.uids, table.gids, table.sizes]) {
    for (const row of rows) writer.varint(column[row] ?? 0);
  }
  for (const row of rows) {
    const link = table.links.get(row);
    if (link !== undefined) writer.text(link);
  }
  const digests = new ByteWriter();
  for (const name of NAMES) {
    const bit = DIGEST_BITS[name];
    for (let at = 0; at < rows.length; at += 1) {
      if (((flags[at] ?? 0) & bit) === 0) continue;
      const from = table.digestAt(rows[at] ?? 0, name);
      digests.bytes(table.digests, from, from + DIGESTS[name].length);
    }
  }
  const firstPath = table.paths.text(rows[0] as number);
  return { firstPath, count: rows.length, described: writer.copy(), digests: digests.copy() };
}

/** The form in which a block is stored. */
export function packBlock(block: EncodedBlock): Buffer {
  return deflated(block.described, block.digests);
}

/** What few ask for, read when somebody does. */
interface Details {
  uid: Float64Array;
  gid: Float64Array;
  size: Float64Array;
  links: ReadonlyMap<number, string>;
}

/**
 * A run of the image's files, sorted by path. Digests become text only when somebody asks for them. A block that was
 * fetched without its digests has none: only {@link files} may be used of it.
 */
export class FileBlock {
  readonly count: number;
  private readonly paths: string[];
  private readonly flags: Buffer;
  private readonly types: Buffer;
  private readonly modes: Float64Array;
  /** Stands where the details begin. */
  private readonly rest: ByteReader;
  private known: Details | undefined;
  private readonly digestBytes: Buffer;
  /** By digest, where the digest of each file begins. */
  private starts: Record<DigestName, Uint32Array> | undefined;
  /** Where the file behind the one that was found last is: files are mostly asked for in their order. */
  private next = 0;

  /** @throws RangeError or an error of zlib when the bytes are no block. */
  constructor(packed: Buffer) {
    const { first, second } = inflated(packed);
    const reader = new ByteReader(first);
    const format = reader.byte();
    if (format !== FORMAT) throw new RangeError(`file block has format ${format}; this version reads ${FORMAT}`);
    const count = reader.varint();
    this.count = count;
    this.paths = reader.paths(count);
    this.flags = reader.bytes(count);
    this.types = reader.bytes(count);
    this.modes = reader.column(count);
    this.rest = reader;
    this.digestBytes = second;
  }

  /** Bytes of memory, roughly. */
  get weight(): number {
    return this.count * 130 + this.digestBytes.length;
  }

  /** The file at this place, from 0 to `count - 1`. */
  at(place: number): ImageFile {
    return new BlockFile(this, place);
  }

  /** All files by path. */
  *files(): Generator<ListedFile> {
    for (let place = 0; place < this.count; place += 1) yield new ListedBlockFile(this, place);
  }

  /** The file with this path, if it is in this block. */
  find(path: string): ImageFile | undefined {
    const { paths } = this;
    let low = this.next;
    if (paths[low] !== path) {
      const compare = comparedWith(path);
      low = 0;
      for (let high = this.count; low < high;) {
        const middle = (low + high) >>> 1;
        if (compare(paths[middle] as string) < 0) low = middle + 1;
        else high = middle;
      }
      if (paths[low] !== path) return undefined;
    }
    this.next = low + 1;
    return this.at(low);
  }

  path(place: number): string {
    return this.paths[place] ?? '';
  }

  mode(place: number): number {
    return this.modes[place] ?? 0;
  }

  number(name: 'uid' | 'gid' | 'size', place: number): number {
    return this.details()[name][place] ?? 0;
  }

  type(place: number): ImageFile['type'] {
    return FILE_TYPES[this.types[place] ?? 0] ?? 'UNKNOWN';
  }

  link(place: number): string | null {
    return this.details().links.get(place) ?? null;
  }

  packaged(place: number): boolean {
    return ((this.flags[place] ?? 0) & PACKAGED) !== 0;
  }

  digest(name: DigestName, place: number): string | null {
    if (((this.flags[place] ?? 0) & DIGEST_BITS[name]) === 0) return null;
    this.starts ??= this.digestStarts();
    const start = this.starts[name][place] ?? 0;
    return this.digestBytes.toString('hex', start, start + DIGESTS[name].length);
  }

  private details(): Details {
    if (this.known) return this.known;
    const { rest, count } = this;
    const [uid, gid, size] = [rest.column(count), rest.column(count), rest.column(count)];
    const links = new Map<number, string>();
    for (let at = 0; at < count; at += 1) {
      if (((this.flags[at] ?? 0) & HAS_LINK) !== 0) links.set(at, rest.text());
    }
    return (this.known = { uid, gid, size, links });
  }

  private digestStarts(): Record<DigestName, Uint32Array> {
    let next = 0;
    const starts = (name: DigestName) => {
      const found = new Uint32Array(this.count);
      for (let at = 0; at < this.count; at += 1) {
        found[at] = next;
        if (((this.flags[at] ?? 0) & DIGEST_BITS[name]) !== 0) next += DIGESTS[name].length;
      }
      return found;
    };
    return { sha256: starts('sha256'), sha1: starts('sha1'), md5: starts('md5') };
  }
}

class ListedBlockFile implements ListedFile {
  readonly path: string;
  readonly mode: number;

  constructor(
    protected readonly block: FileBlock,
    protected readonly place: number,
  ) {
    this.path = block.path(place);
    this.mode = block.mode(place);
  }

  get type() {
    return this.block.type(this.place);
  }
  get uid() {
    return this.block.number('uid', this.place);
  }
  get gid() {
    return this.block.number('gid', this.place);
  }
  get size() {
    return this.block.number('size', this.place);
  }
  get linkTarget() {
    return this.block.link(this.place);
  }
  get packaged() {
    return this.block.packaged(this.place);
  }
}

class BlockFile extends ListedBlockFile implements ImageFile {
  get sha1() {
    return this.block.digest('sha1', this.place);
  }
  get sha256() {
    return this.block.digest('sha256', this.place);
  }
  get md5() {
    return this.block.digest('md5', this.place);
  }
}

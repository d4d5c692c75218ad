import type { EntryType } from '../inventory/layer-inventory.js';
import type { SparseMap } from './sparse-content.js';

export const BLOCK = 512;

/** Where a header has its checksum. */
const CHECKSUM = { start: 148, end: 156 } as const;

const SPARSE_PART = new Set(['GNU.sparse.offset', 'GNU.sparse.numbytes']);

/** The fixed part of a ustar, GNU or v7 header (POSIX.1-2017 pax, "ustar Interchange Format"). */
export interface RawHeader {
  name: Buffer;
  linkName: Buffer;
  mode: number;
  uid: number;
  gid: number;
  size: number;
  mtime: number;
  /** Type flag as a character; NUL is given as `0`. */
  flag: string;
  /** GNU old sparse header: more map blocks follow. */
  sparseExtended: boolean;
  /** GNU old sparse header: size of the file with its holes, and the parts that are stored. */
  sparseSize: number;
  sparseMap: SparseMap;
}

/** Thrown for a block that is no header; the reader adds position and layer. */
export class BadHeader extends Error {}

/** True when all 512 bytes are zero: the end-of-archive mark. */
export function isZeroBlock(block: Buffer): boolean {
  for (let i = 0; i < BLOCK; i += 1) if (block[i] !== 0) return false;
  return true;
}

/** Parses and checks one header block. Throws {@link BadHeader} on a wrong checksum or an unreadable number. */
export function parseHeader(block: Buffer): RawHeader {
  verifyChecksum(block);
  const magic = block.toString('latin1', 257, 263);
  let name = field(block, 0, 100);
  // GNU archives ("ustar " without NUL) keep other things where POSIX ones keep the prefix.
  if (magic === 'ustar\0' && block[345] !== 0) {
    name = Buffer.concat([field(block, 345, 155), Buffer.from('/'), name]);
  }
  const flag = block[156] === 0 ? '0' : String.fromCharCode(block[156] ?? 0);
  const sparse = flag === 'S';
  return {
    name,
    linkName: field(block, 157, 100),
    mode: numeric(block, 100, 8) & 0o7777,
    uid: numeric(block, 108, 8),
    gid: numeric(block, 116, 8),
    size: numeric(block, 124, 12),
    mtime: numeric(block, 136, 12, true),
    flag,
    sparseExtended: sparse && block[482] === 1,
    sparseSize: sparse ? numeric(block, 483, 12) : 0,
    sparseMap: sparse ? sparseParts(block, 386, 4) : [],
  };
}

/** The parts that a GNU old sparse header states, or one of the blocks that go on with it (`start` 0, 21 of them). */
export function sparseParts(block: Buffer, start: number, count: number): SparseMap {
  const parts: SparseMap = [];
  for (let at = start; at < start + count * 24 && block[at] !== 0; at += 24) {
    parts.push({ offset: numeric(block, at, 12), length: numeric(block, at + 12, 12) });
  }
  return parts;
}

/** Entry type of a flag; undefined for types that carry no file (and are skipped). */
export function entryType(flag: string, name: Buffer): EntryType | undefined {
  switch (flag) {
    case '0':
    case '7':
    case 'S':
      return name[name.length - 1] === 0x2f ? 'dir' : 'file'; // v7 marks directories by a trailing slash
    case '1':
      return 'hardlink';
    case '2':
      return 'slink';
    case '3':
      return 'char';
    case '4':
      return 'block';
    case '5':
      return 'dir';
    case '6':
      return 'fifo';
    default:
      return undefined;
  }
}

/**
 * Records of a pax extended header: `<length> <key>=<value>\n`. Values are bytes. The parts of a sparse file, each with
 * two records of its own in GNU tar's format 0.0, are joined to the list that format 0.1 has. Throws {@link BadHeader}
 * when the lengths do not add up.
 */
export function parsePax(data: Buffer): Map<string, Buffer> {
  const records = new Map<string, Buffer>();
  const parts: string[] = [];
  let at = 0;
  while (at < data.length) {
    const space = data.indexOf(0x20, at);
    const length = space < 0 || space - at > 10 ? NaN : Number(data.toString('latin1', at, space));
    if (!Number.isInteger(length) || length < space - at + 3 || at + length > data.length) {
      throw new BadHeader('extended header with a wrong record length');
    }
    const record = data.subarray(space + 1, at + length - 1);
    const equals = record.indexOf(0x3d);
    if (equals < 1 || data[at + length - 1] !== 0x0a) throw new BadHeader('extended header with a malformed record');
    const key = record.toString('utf8', 0, equals);
    if (SPARSE_PART.has(key)) parts.push(record.toString('latin1', equals + 1));
    else records.set(key, Buffer.from(record.subarray(equals + 1)));
    at += length;
  }
  if (parts.length > 0) records.set('GNU.sparse.map', Buffer.from(parts.join(',')));
  return records;
}

function field(block: Buffer, start: number, length: number): Buffer {
  const bytes = block.subarray(start, start + length);
  const end = bytes.indexOf(0);
  return Buffer.from(end < 0 ? bytes : bytes.subarray(0, end));
}

function numeric(block: Buffer, start: number, length: number, signed = false): number {
  const first = block[start] ?? 0;
  if (first & 0x80) {
    // GNU base-256: two's complement, the top bit only marks the form.
    let value = first & 0x40 ? BigInt(first) - 256n : BigInt(first & 0x7f);
    for (let i = start + 1; i < start + length; i += 1) value = value * 256n + BigInt(block[i] ?? 0);
    const number = Number(value);
    if (!Number.isSafeInteger(number) || (number < 0 && !signed)) throw new BadHeader('number out of range');
    return number;
  }
  let value = 0;
  for (let i = start; i < start + length; i += 1) {
    const c = block[i] ?? 0;
    if (c === 0x20 && value === 0) continue;
    if (c === 0 || c === 0x20) break;
    if (c < 0x30 || c > 0x37) throw new BadHeader('number field that is not octal');
    value = value * 8 + (c - 0x30);
  }
  return value;
}

function verifyChecksum(block: Buffer): void {
  const stored = numeric(block, CHECKSUM.start, CHECKSUM.end - CHECKSUM.start);
  let unsigned = (CHECKSUM.end - CHECKSUM.start) * 0x20; // the checksum field counts as spaces
  let large = 0;
  for (let i = 0; i < CHECKSUM.start; i += 1) {
    const c = block[i] as number; // within the block
    unsigned += c;
    large += c >> 7;
  }
  for (let i = CHECKSUM.end; i < BLOCK; i += 1) {
    const c = block[i] as number; // likewise
    unsigned += c;
    large += c >> 7;
  }
  // Old archivers summed signed characters.
  if (stored !== unsigned && stored !== unsigned - 256 * large) throw new BadHeader('header with a wrong checksum');
}

import { DatabaseError, PageSet } from './page-set.js';

const MAGIC = 'SQLite format 3\0';
const INTERIOR = 0x05;
const LEAF = 0x0d;

/** A column's value; numbers are not needed and come as undefined. */
type Column = Buffer | undefined;

/** True when the bytes begin like an SQLite 3 database. */
export function isSqlite(bytes: Buffer): boolean {
  return bytes.length >= 100 && bytes.toString('latin1', 0, 16) === MAGIC;
}

/**
 * The text and blob columns of every row of one table, by a walk over the table's b-tree (SQLite database file format 3,
 * "B-tree Pages"). Needs no SQL and no index. A row or branch that is damaged is left out and told to `problem`.
 *
 * Throws {@link DatabaseError} when there is no such table.
 */
export function* sqliteRows(bytes: Buffer, table: string, problem: (text: string) => void): Generator<Column[]> {
  const size = bytes.readUInt16BE(16) === 1 ? 65_536 : bytes.readUInt16BE(16);
  if (size < 512 || (size & (size - 1)) !== 0) throw new DatabaseError(`a page size of ${size} bytes`);
  const usable = size - (bytes[20] ?? 0);
  if (usable < 480) throw new DatabaseError(`pages of which only ${usable} bytes are used`);
  const file: File = { pages: new PageSet(bytes, size, 1), usable, limit: bytes.length };
  let root: number | undefined;
  for (const [type, name, , rootPage] of rows(file, 1, problem)) {
    if (text(type) === 'table' && text(name)?.toLowerCase() === table.toLowerCase()) root = number(rootPage);
  }
  if (root === undefined) throw new DatabaseError(`there is no table ${table}`);
  for (const values of rows(file, root, problem)) yield values.map((value) => value.blob);
}

interface File {
  pages: PageSet;
  /** Bytes of a page that hold content. */
  usable: number;
  limit: number;
}

interface Value {
  blob: Column;
  /** Bytes of an integer, big-endian two's complement. */
  integer?: Buffer;
}

function* rows(file: File, root: number, problem: (text: string) => void): Generator<Value[]> {
  const pending = [root];
  for (let pageNumber = pending.pop(); pageNumber !== undefined; pageNumber = pending.pop()) {
    try {
      const page = file.pages.take(pageNumber);
      const header = pageNumber === 1 ? 100 : 0;
      const kind = page[header];
      if (kind !== INTERIOR && kind !== LEAF) throw new DatabaseError(`page ${pageNumber} is not of a table`);
      const cells = cellOffsets(page, header, kind === LEAF ? 8 : 12);
      if (kind === INTERIOR) {
        // Last child first, as the last one pushed is the next one read.
        pending.push(page.readUInt32BE(header + 8), ...cells.reverse().map((cell) => readPointer(page, cell)));
      } else {
        yield* leafRows(file, page, cells, problem);
      }
    } catch (error) {
      problem((error as Error).message);
    }
  }
}

function* leafRows(file: File, page: Buffer, cells: number[], problem: (text: string) => void): Generator<Value[]> {
  for (const cell of cells) {
    let row: Value[];
    try {
      row = parseRecord(readPayload(file, page, cell));
    } catch (error) {
      problem((error as Error).message);
      continue;
    }
    yield row;
  }
}

function cellOffsets(page: Buffer, header: number, headerSize: number): number[] {
  const count = page.readUInt16BE(header + 3);
  if (header + headerSize + 2 * count > page.length) throw new DatabaseError(`${count} cells on one page`);
  return Array.from({ length: count }, (_, index) => page.readUInt16BE(header + headerSize + 2 * index));
}

function readPointer(page: Buffer, cell: number): number {
  if (cell + 4 > page.length) throw new DatabaseError('a cell outside of its page');
  return page.readUInt32BE(cell);
}

/** Content of a leaf cell, gathered from overflow pages where it is too long for the page. */
function readPayload(file: File, page: Buffer, cell: number): Buffer {
  const length = varint(page, cell);
  const rowId = varint(page, length.next);
  const size = length.value;
  if (size > file.limit) throw new DatabaseError(`a row of ${size} bytes`);
  const most = file.usable - 35;
  const least = Math.floor(((file.usable - 12) * 32) / 255) - 23;
  const fitting = least + ((size - least) % (file.usable - 4));
  const local = size <= most ? size : fitting <= most ? fitting : least;
  if (rowId.next + local > page.length) throw new DatabaseError('a cell outside of its page');
  const parts = [page.subarray(rowId.next, rowId.next + local)];
  if (local === size) return parts[0] ?? page;
  let missing = size - local;
  let next = readPointer(page, rowId.next + local);
  while (missing > 0) {
    const overflow = file.pages.take(next);
    const part = overflow.subarray(4, 4 + Math.min(missing, file.usable - 4));
    parts.push(part);
    missing -= part.length;
    next = overflow.readUInt32BE(0);
  }
  return Buffer.concat(parts);
}

/** Record format: a header of serial types, then the values. */
function parseRecord(payload: Buffer): Value[] {
  const header = varint(payload, 0);
  const values: Value[] = [];
  let type = header.next;
  let at = header.value;
  while (type < header.value) {
    const { value: serial, next } = varint(payload, type);
    type = next;
    const size = serial >= 12 ? (serial - (serial % 2 === 0 ? 12 : 13)) / 2 : [0, 1, 2, 3, 4, 6, 8, 8][serial];
    if (at + (size ?? 0) > payload.length) throw new DatabaseError('a column outside of its row');
    const bytes = payload.subarray(at, at + (size ?? 0));
    values.push(serial >= 12 ? { blob: bytes } : { blob: undefined, integer: bytes });
    at += bytes.length;
  }
  return values;
}

/** Big-endian, seven bits a byte, eight in the ninth. Values past 2^53 lose precision; they are out of range anyway. */
function varint(bytes: Buffer, start: number): { value: number; next: number } {
  let value = 0;
  for (let i = 0; i < 9; i += 1) {
    const byte = bytes[start + i];
    if (byte === undefined) throw new DatabaseError('a number outside of its page');
    if (i === 8) return { value: value * 256 + byte, next: start + 9 };
    value = value * 128 + (byte & 0x7f);
    if (byte < 0x80) return { value, next: start + i + 1 };
  }
  throw new DatabaseError('a number without end');
}

function text(value: Value | undefined): string | undefined {
  return value?.blob?.toString('utf8');
}

function number(value: Value | undefined): number | undefined {
  const integer = value?.integer;
  return integer && integer.length > 0 && integer.length <= 6 ? integer.readUIntBE(0, integer.length) : undefined;
}

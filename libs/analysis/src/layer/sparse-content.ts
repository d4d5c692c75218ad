import { BadHeader, BLOCK } from './tar-header.js';

/** Parts of a file that are stored; between them are holes, which read as zeros. Bytes. */
export type SparseMap = { offset: number; length: number }[];

/** Bytes of a map that precedes the content, and entries of any map; more say that the archive is made to harm. */
const MAX_MAP_BYTES = 1024 * 1024;
export const MAX_MAP_ENTRIES = 100_000;

const ZEROS = Buffer.alloc(64 * 1024);

/**
 * Turns the stored parts of a sparse file back into the whole file: what is written comes out with the holes filled.
 * Without a map the content begins with one, as decimal numbers in lines, padded to a block (GNU tar's format 1.0).
 */
export class SparseContent {
  private header: Buffer | undefined;
  private position = 0;
  private index = 0;

  /** Throws {@link BadHeader} for a map that contradicts itself, `write` and `end` for content that does not fit it. */
  constructor(
    private map: SparseMap | undefined,
    private readonly size: number,
    private readonly sink: (piece: Buffer) => void,
  ) {
    if (map) checkMap(map, size);
    else this.header = Buffer.alloc(0);
  }

  write(piece: Buffer): void {
    let rest = this.header ? this.readMap(this.header, piece) : piece;
    while (rest.length > 0) {
      const part = this.map?.[this.index];
      if (!part) throw new BadHeader('sparse file with more content than its map says');
      this.fill(part.offset);
      const taken = rest.subarray(0, part.offset + part.length - this.position);
      if (taken.length > 0) this.sink(taken);
      this.position += taken.length;
      rest = rest.subarray(taken.length);
      if (this.position === part.offset + part.length) this.index += 1;
    }
  }

  /** Call it after the last piece. */
  end(): void {
    const left = this.map?.slice(this.index).some((part) => part.length > 0) ?? true;
    if (left) throw new BadHeader('sparse file with less content than its map says');
    this.fill(this.size);
  }

  private fill(end: number): void {
    while (this.position < end) {
      const zeros = ZEROS.subarray(0, end - this.position);
      this.sink(zeros);
      this.position += zeros.length;
    }
  }

  /** Collects lines until the map is complete; answers what follows it. */
  private readMap(before: Buffer, piece: Buffer): Buffer {
    const bytes = Buffer.concat([before, piece]);
    const lines = bytes.toString('latin1', 0, MAX_MAP_BYTES).split('\n');
    const count = lines.length > 1 ? decimal(lines[0]) : undefined;
    if (count !== undefined && count > MAX_MAP_ENTRIES) throw new BadHeader(`sparse file of ${count} parts`);
    if (count === undefined || lines.length < 2 + 2 * count) {
      if (bytes.length > MAX_MAP_BYTES) throw new BadHeader('sparse file with a map that does not end');
      this.header = bytes;
      return Buffer.alloc(0);
    }
    const numbers = lines.slice(1, 1 + 2 * count).map(decimal);
    const length = lines.slice(0, 1 + 2 * count).reduce((sum, line) => sum + line.length + 1, 0);
    const padded = Math.ceil(length / BLOCK) * BLOCK;
    if (bytes.length < padded) {
      this.header = bytes;
      return Buffer.alloc(0);
    }
    this.map = pairs(numbers);
    checkMap(this.map, this.size);
    this.header = undefined;
    return bytes.subarray(padded);
  }
}

/** A map written as decimal numbers with commas between (GNU tar's formats 0.0 and 0.1). */
export function parseSparseMap(text: string): SparseMap {
  if (text === '') return [];
  return pairs(text.split(',', 2 * MAX_MAP_ENTRIES + 1).map(decimal));
}

function pairs(numbers: number[]): SparseMap {
  if (numbers.length % 2 !== 0 || numbers.length > 2 * MAX_MAP_ENTRIES) {
    throw new BadHeader('sparse file with an odd map');
  }
  return Array.from({ length: numbers.length / 2 }, (_, index) => ({
    offset: numbers[2 * index] ?? 0,
    length: numbers[2 * index + 1] ?? 0,
  }));
}

function checkMap(map: SparseMap, size: number): void {
  let end = 0;
  for (const { offset, length } of map) {
    if (offset < end || offset + length > size) throw new BadHeader('sparse file whose parts do not fit');
    end = offset + length;
  }
}

function decimal(text: string | undefined): number {
  if (text === undefined || !/^\d{1,15}$/.test(text))
    throw new BadHeader('sparse file with a map that is no list of numbers');
  return Number(text);
}

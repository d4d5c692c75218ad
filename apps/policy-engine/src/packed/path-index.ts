import { randomBytes } from 'node:crypto';
import type { ByteList } from './byte-list.js';

/** Places that are looked at for one path before it goes to the map of the others. */
const MOST_PROBES = 32;

/**
 * Finds paths in a list of them. A hash table over the bytes themselves, because a Map of as many texts takes ten times as
 * long to fill. Paths come from images, so somebody may choose them to collide: the seed is secret, and what does not fit
 * near its place goes to a Map.
 */
export class PathIndex {
  private readonly seed = randomBytes(4).readUInt32LE();
  /** Row plus one; 0 is free. */
  private table = new Uint32Array(1024);
  private count = 0;
  private readonly crowded = new Map<string, number>();

  constructor(private readonly paths: ByteList) {
    while (this.table.length < paths.count * 2) this.table = new Uint32Array(this.table.length * 2);
    for (let row = 0; row < paths.count; row += 1) this.place(row);
  }

  /** The row of the path `bytes[start, end)`; -1 when there is none. */
  find(bytes: Buffer, start: number, end: number): number {
    const { table, paths } = this;
    const mask = table.length - 1;
    let at = this.hash(bytes, start, end) & mask;
    for (let probe = 0; probe < MOST_PROBES; probe += 1, at = (at + 1) & mask) {
      const row = (table[at] as number) - 1;
      if (row < 0) return -1;
      if (paths.equals(row, bytes, start, end)) return row;
    }
    return this.crowded.get(bytes.toString('utf8', start, end)) ?? -1;
  }

  /** Adds the row of a path that is not there yet. */
  add(row: number): void {
    if (this.count * 2 >= this.table.length) this.enlarge();
    this.place(row);
  }

  private place(row: number): void {
    const { table, paths } = this;
    const mask = table.length - 1;
    let at = this.hash(paths.bytes, paths.start(row), paths.end(row)) & mask;
    this.count += 1;
    for (let probe = 0; probe < MOST_PROBES; probe += 1, at = (at + 1) & mask) {
      if (table[at] !== 0) continue;
      table[at] = row + 1;
      return;
    }
    this.crowded.set(paths.text(row), row);
  }

  private enlarge(): void {
    const rows = this.table.filter((entry) => entry !== 0);
    this.table = new Uint32Array(this.table.length * 2);
    this.count = this.crowded.size;
    for (const entry of rows) this.place(entry - 1);
  }

  /** FNV-1a with a seed, mixed as MurmurHash3 does in the end. */
  private hash(bytes: Buffer, start: number, end: number): number {
    let value = this.seed;
    for (let at = start; at < end; at += 1) value = Math.imul(value ^ (bytes[at] as number), 0x01000193);
    value = Math.imul(value ^ (value >>> 16), 0x85ebca6b);
    value = Math.imul(value ^ (value >>> 13), 0xc2b2ae35);
    return (value ^ (value >>> 16)) >>> 0;
  }
}

import { ByteList } from './byte-list.js';
import { grown } from './columns.js';

export const CONFIG_FILE = 1;
export const HAS_MODE = 2;
export const HAS_SIZE = 4;
export const HAS_DIGEST = 8;
/** The digest is no lower-case hex and is kept as text. */
export const DIGEST_AS_TEXT = 16;

/** What a package database says of one path, the path and the digest excepted. Texts are places in `EntryTable.texts`. */
export interface EntryFacts {
  /** Number of the package. */
  owner: number;
  flags: number;
  algorithm: number;
  user: number;
  group: number;
  mode: number;
  size: number;
}

/** Entries of a package database as columns: about 60 bytes each and those of path and digest. */
export class EntryTable {
  readonly paths = new ByteList();
  /** Of hex digests the bytes they stand for, of others the text; nothing when there is none. */
  readonly digests = new ByteList();
  /** Texts that repeat; 0 stands for none. */
  readonly texts: (string | null)[] = [null];
  owners = new Uint32Array(0);
  flags = new Uint8Array(0);
  algorithms = new Uint32Array(0);
  users = new Uint32Array(0);
  groups = new Uint32Array(0);
  modes = new Float64Array(0);
  sizes = new Float64Array(0);
  private readonly places = new Map<string, number>();

  get count(): number {
    return this.paths.count;
  }

  /** Adds an entry with the path `bytes[start, end)`, whose digest was added before. */
  add(bytes: Buffer, start: number, end: number, facts: EntryFacts): void {
    const row = this.paths.add(bytes, start, end);
    if (row >= this.flags.length) this.grow(row + 1);
    this.owners[row] = facts.owner;
    this.flags[row] = facts.flags;
    this.algorithms[row] = facts.algorithm;
    this.users[row] = facts.user;
    this.groups[row] = facts.group;
    this.modes[row] = facts.mode;
    this.sizes[row] = facts.size;
  }

  /** The place of a text in `texts`. */
  place(text: string | null): number {
    if (text === null) return 0;
    const known = this.places.get(text);
    if (known !== undefined) return known;
    const place = this.texts.push(text) - 1;
    this.places.set(text, place);
    return place;
  }

  /** These rows by path, each path once: of two rows with one path the later counts. */
  byPath(rows: Uint32Array): Uint32Array {
    const { paths } = this;
    let isSorted = true;
    for (let at = 1; at < rows.length && isSorted; at += 1) {
      isSorted = paths.compare(rows[at - 1] as number, rows[at] as number) < 0;
    }
    if (isSorted) return rows;
    const sorted = rows.toSorted((a, b) => paths.compare(a, b) || a - b);
    return sorted.filter((row, at) => at + 1 === sorted.length || paths.compare(row, sorted[at + 1] as number) !== 0);
  }

  /** Rows by their owners, in their order; owners without rows are absent. */
  byOwner(): Map<number, Uint32Array> {
    const counts = new Map<number, number>();
    for (let row = 0; row < this.count; row += 1) {
      const owner = this.owners[row] as number;
      counts.set(owner, (counts.get(owner) ?? 0) + 1);
    }
    const rows = new Map([...counts].map(([owner, count]) => [owner, new Uint32Array(count)]));
    const filled = new Map<number, number>();
    for (let row = 0; row < this.count; row += 1) {
      const owner = this.owners[row] as number;
      const at = filled.get(owner) ?? 0;
      (rows.get(owner) as Uint32Array)[at] = row;
      filled.set(owner, at + 1);
    }
    return rows;
  }

  private grow(length: number): void {
    this.owners = grown(this.owners, length);
    this.flags = grown(this.flags, length);
    this.algorithms = grown(this.algorithms, length);
    this.users = grown(this.users, length);
    this.groups = grown(this.groups, length);
    this.modes = grown(this.modes, length);
    this.sizes = grown(this.sizes, length);
  }
}

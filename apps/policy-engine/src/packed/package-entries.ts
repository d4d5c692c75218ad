import type { PackageDbEntry } from '@kedge/policy';
import { ByteReader } from './byte-reader.js';
import { ByteWriter } from './byte-writer.js';
import { deflated, inflated } from './deflate.js';
import { CONFIG_FILE, DIGEST_AS_TEXT, HAS_DIGEST, HAS_MODE, HAS_SIZE, type EntryTable } from './entry-table.js';
import { writePaths } from './sorted-paths.js';

const FORMAT = 1;

/** The entry list of one package in two parts, of which only the first can be compressed. */
export interface EncodedEntries {
  count: number;
  described: Buffer;
  digests: Buffer;
}

/**
 * Encodes rows of the table, sorted by path. Equal entries give equal bytes, so their digest names the list.
 *
 * `described`: format, number of entries, table of the texts that repeat (algorithm, user, group), paths, then column by
 * column: flags, algorithm, user, group, mode, size. `digests`: length and bytes of each digest.
 */
export function encodeEntries(table: EntryTable, rows: Uint32Array): EncodedEntries {
  const texts = new LocalTexts(table);
  const columns = new ByteWriter();
  const digests = new ByteWriter();
  for (const row of rows) columns.byte(table.flags[row] as number);
  for (const column of [table.algorithms, table.users, table.groups]) {
    for (const row of rows) columns.varint(texts.place(column[row] as number));
  }
  for (const row of rows)
    if (((table.flags[row] as number) & HAS_MODE) !== 0) columns.varint(table.modes[row] as number);
  for (const row of rows)
    if (((table.flags[row] as number) & HAS_SIZE) !== 0) columns.varint(table.sizes[row] as number);
  for (const row of rows) {
    if (((table.flags[row] as number) & HAS_DIGEST) === 0) continue;
    const start = table.digests.start(row);
    const end = table.digests.end(row);
    digests.varint(end - start);
    digests.bytes(table.digests.bytes, start, end);
  }
  const writer = new ByteWriter();
  writer.byte(FORMAT);
  writer.varint(rows.length);
  writer.varint(texts.used.length);
  for (const text of texts.used) writer.text(text);
  writePaths(writer, table.paths, rows);
  writer.bytes(columns.view());
  return { count: rows.length, described: writer.copy(), digests: digests.copy() };
}

/** The texts that one list uses, numbered in the order of their use; 0 stands for none. */
class LocalTexts {
  readonly used: string[] = [];
  private readonly places = new Map<number, number>([[0, 0]]);

  constructor(private readonly table: EntryTable) {}

  place(ofTable: number): number {
    const known = this.places.get(ofTable);
    if (known !== undefined) return known;
    const place = this.used.push(this.table.texts[ofTable] ?? '');
    this.places.set(ofTable, place);
    return place;
  }
}

/** The form in which a list is stored. */
export function packEntries(encoded: EncodedEntries): Buffer {
  return deflated(encoded.described, encoded.digests);
}

/** Reads what {@link packEntries} made. Throws RangeError or an error of zlib when the bytes are something else. */
export function unpackEntries(packed: Buffer): PackageDbEntry[] {
  const { first, second } = inflated(packed);
  const reader = new ByteReader(first);
  const format = reader.byte();
  if (format !== FORMAT) throw new RangeError(`package content has format ${format}; this version reads ${FORMAT}`);
  const count = reader.varint();
  const texts: (string | null)[] = [null];
  for (let left = reader.varint(); left > 0; left -= 1) texts.push(reader.text());
  const paths = reader.paths(count);
  const flags = reader.bytes(count);
  const algorithms = reader.column(count);
  const users = reader.column(count);
  const groups = reader.column(count);
  const numbers = (mask: number) =>
    paths.map((_path, at) => (((flags[at] ?? 0) & mask) === 0 ? null : reader.varint()));
  const modes = numbers(HAS_MODE);
  const sizes = numbers(HAS_SIZE);
  const digests = new ByteReader(second);
  return paths.map((path, at) => {
    const flag = flags[at] ?? 0;
    return {
      path,
      isConfigFile: (flag & CONFIG_FILE) !== 0,
      digest: readDigest(flag, digests),
      digestAlgorithm: texts[algorithms[at] ?? 0] ?? null,
      mode: modes[at] ?? null,
      size: sizes[at] ?? null,
      userName: texts[users[at] ?? 0] ?? null,
      groupName: texts[groups[at] ?? 0] ?? null,
    };
  });
}

function readDigest(flag: number, digests: ByteReader): string | null {
  if ((flag & HAS_DIGEST) === 0) return null;
  return (flag & DIGEST_AS_TEXT) === 0 ? digests.hex(digests.varint()) : digests.text();
}

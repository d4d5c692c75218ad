import type { PackageDbEntry } from '@kedge/policy';
import { ByteReader } from './byte-reader.js';
import { ByteWriter } from './byte-writer.js';
import { deflated, inflated } from './deflate.js';
import { readPaths, writePaths } from './sorted-paths.js';

/** What a package database says of one path, without the package. */
export type PackagedPath = Omit<PackageDbEntry, 'packageName' | 'packageVersion' | 'packageType' | 'packageArch'>;

const FORMAT = 1;
const CONFIG_FILE = 1;
const HAS_MODE = 2;
const HAS_SIZE = 4;
const HAS_DIGEST = 8;
/** The digest is no lower-case hex and is kept as text. */
const DIGEST_AS_TEXT = 16;

/** The entry list of one package in two parts, of which only the first can be compressed. */
export interface EncodedEntries {
  described: Buffer;
  digests: Buffer;
}

/**
 * Encodes the entries of one package, sorted by path. Equal lists give equal bytes, so their digest names the list.
 *
 * `described`: format, number of entries, table of the texts that repeat (algorithm, user, group), paths, then column by
 * column: flags, algorithm, user, group, mode, size, digests that are no hex. `digests`: length and bytes of each digest.
 */
export function encodeEntries(entries: readonly PackagedPath[]): EncodedEntries {
  const texts = new Map<string, number>();
  const textIndex = (text: string | null): number => {
    if (text === null) return 0;
    const known = texts.get(text);
    if (known !== undefined) return known;
    texts.set(text, texts.size + 1);
    return texts.size;
  };
  const columns = new ByteWriter();
  const digests = new ByteWriter();
  const flags = entries.map(flagsOf);
  for (const flag of flags) columns.byte(flag);
  for (const entry of entries) columns.varint(textIndex(entry.digestAlgorithm));
  for (const entry of entries) columns.varint(textIndex(entry.userName));
  for (const entry of entries) columns.varint(textIndex(entry.groupName));
  for (const entry of entries) if (entry.mode !== null) columns.varint(entry.mode);
  for (const entry of entries) if (entry.size !== null) columns.varint(entry.size);
  for (const [at, entry] of entries.entries()) {
    if (entry.digest === null) continue;
    if (((flags[at] ?? 0) & DIGEST_AS_TEXT) !== 0) {
      columns.text(entry.digest);
    } else {
      const bytes = Buffer.from(entry.digest, 'hex');
      digests.varint(bytes.length);
      digests.bytes(bytes);
    }
  }

  const writer = new ByteWriter();
  writer.byte(FORMAT);
  writer.varint(entries.length);
  writer.varint(texts.size);
  for (const text of texts.keys()) writer.text(text);
  writePaths(
    writer,
    entries.map((entry) => entry.path),
  );
  writer.bytes(columns.view());
  return { described: Buffer.from(writer.view()), digests: Buffer.from(digests.view()) };
}

/** The form in which a list is stored. */
export async function packEntries(encoded: EncodedEntries): Promise<Buffer> {
  return deflated(encoded.described, encoded.digests);
}

/** Reads what {@link packEntries} made. Throws RangeError or an error of zlib when the bytes are something else. */
export function unpackEntries(packed: Buffer): PackagedPath[] {
  const { first, second } = inflated(packed);
  const reader = new ByteReader(first);
  const format = reader.byte();
  if (format !== FORMAT) throw new RangeError(`package content has format ${format}; this version reads ${FORMAT}`);
  const count = reader.varint();
  const texts: (string | null)[] = [null];
  for (let left = reader.varint(); left > 0; left -= 1) texts.push(reader.text());
  const paths = readPaths(reader, count);
  const flags = reader.bytes(count);
  const text = () => texts[reader.varint()] ?? null;
  const algorithms = paths.map(text);
  const users = paths.map(text);
  const groups = paths.map(text);
  const numbers = (mask: number) =>
    paths.map((_path, at) => (((flags[at] ?? 0) & mask) !== 0 ? reader.varint() : null));
  const modes = numbers(HAS_MODE);
  const sizes = numbers(HAS_SIZE);
  const digests = new ByteReader(second);
  return paths.map((path, at) => {
    const flag = flags[at] ?? 0;
    const asText = (flag & DIGEST_AS_TEXT) !== 0;
    const digest = (flag & HAS_DIGEST) === 0 ? null : asText ? reader.text() : hex(digests);
    return {
      path,
      isConfigFile: (flag & CONFIG_FILE) !== 0,
      digest,
      digestAlgorithm: algorithms[at] ?? null,
      mode: modes[at] ?? null,
      size: sizes[at] ?? null,
      userName: users[at] ?? null,
      groupName: groups[at] ?? null,
    };
  });
}

function flagsOf(entry: PackagedPath): number {
  return (
    (entry.isConfigFile ? CONFIG_FILE : 0) |
    (entry.mode === null ? 0 : HAS_MODE) |
    (entry.size === null ? 0 : HAS_SIZE) |
    (entry.digest === null ? 0 : HAS_DIGEST) |
    (entry.digest === null || isHex(entry.digest) ? 0 : DIGEST_AS_TEXT)
  );
}

function isHex(text: string): boolean {
  return text.length % 2 === 0 && /^[0-9a-f]+$/.test(text);
}

function hex(digests: ByteReader): string {
  return digests.bytes(digests.varint()).toString('hex');
}

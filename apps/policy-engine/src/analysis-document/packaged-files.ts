import { CONFIG_FILE, DIGEST_AS_TEXT, EntryTable, HAS_DIGEST, HAS_MODE, HAS_SIZE } from '../packed/entry-table.js';
import { IndexError } from './errors.js';
import { decodeHex } from './hex.js';
import type { MemberName } from './json-reader.js';
import { BYTE, scanValue, skipSpace } from './json-scan.js';
import { isOsPackage, type PackageRow } from './package-records.js';
import { RecordScanner } from './record-scanner.js';

/** The entry list of one package of the operating system: rows of `PackagedFiles.table`, by path, each path once. */
export interface PackageContent {
  name: string;
  version: string;
  type: string;
  arch: string;
  rows: Uint32Array;
}

const NAMES = ['package', 'arch', 'conffile', 'digest', 'digestalgo', 'mode', 'size', 'user', 'group'] as const;
const AT = Object.fromEntries(NAMES.map((name, place) => [name, place])) as Record<(typeof NAMES)[number], number>;
/** Longest digest that is kept as bytes. */
const LONGEST_DIGEST = 64;

/** Collects what a package database says of paths (`distro.pkgfilemeta`, policy spec 2.4) and gives it to its packages. */
export class PackagedFiles {
  readonly table = new EntryTable();
  private readonly record = new RecordScanner(NAMES);
  private readonly scratch = Buffer.alloc(LONGEST_DIGEST);
  /** Number of each package by name and, where a record has one, architecture. */
  private readonly owners = new Map<string, number>();
  /** By field, the value of the record before and what it stands for: most records repeat it. */
  private readonly last: { raw: Buffer; place: number }[] = [];

  /**
   * The records of one path, a list or the JSON text of one, at `start`; answers where the value ends, -1 when it is not
   * complete. Records without a package are left out.
   */
  add(path: MemberName, bytes: Buffer, start: number, last: boolean): number {
    const end = scanValue(bytes, start, last);
    if (end < 0) return -1;
    if (bytes[start] === BYTE.quote) {
      const inner = Buffer.from(JSON.parse(bytes.toString('utf8', start, end)) as string);
      this.addRecords(path, inner, 0);
    } else {
      this.addRecords(path, bytes, start);
    }
    return end;
  }

  /** Contents of the image's packages. A record without an architecture belongs to every OS package of its name. */
  *contents(packages: Iterable<PackageRow>): Generator<PackageContent> {
    const byOwner = this.table.byOwner();
    const rowsOf = (name: string, arch: string) => byOwner.get(this.owners.get(ownerKey(name, arch)) ?? -1);
    for (const row of packages) {
      if (!isOsPackage(row)) continue;
      const { name, version, type, arch } = row;
      const [common, own] = [rowsOf(name, ''), arch === '' ? undefined : rowsOf(name, arch)];
      const rows = common && own ? Uint32Array.from([...common, ...own]).sort() : (common ?? own);
      if (rows) yield { name, version, type, arch, rows: this.table.byPath(rows) };
    }
  }

  private addRecords(path: MemberName, bytes: Buffer, start: number): void {
    let at = skipSpace(bytes, start);
    if (bytes[at] === BYTE.openArray) at = skipSpace(bytes, at + 1);
    while (bytes[at] === BYTE.openObject) {
      const end = this.record.scan(bytes, at);
      if (end < 0)
        throw new IndexError('document_invalid', 'the analysis document has a record that ends in the middle');
      at = skipSpace(bytes, end);
      this.addRecord(path);
      if (bytes[at] === BYTE.comma) at = skipSpace(bytes, at + 1);
    }
  }

  private addRecord(path: MemberName): void {
    const { record, table } = this;
    const owner = this.owner();
    if (owner < 0) return;
    const mode = record.natural(AT.mode, 8);
    const size = record.natural(AT.size);
    const flags =
      (record.isTrue(AT.conffile) ? CONFIG_FILE : 0) |
      (mode === null ? 0 : HAS_MODE) |
      (size === null ? 0 : HAS_SIZE) |
      this.addDigest();
    table.add(path.bytes, path.start, path.end, {
      owner,
      flags,
      algorithm: this.place(AT.digestalgo),
      user: this.place(AT.user),
      group: this.place(AT.group),
      mode: mode ?? 0,
      size: size ?? 0,
    });
  }

  /** The place in the table of a text, which mostly is the one of the record before. */
  private place(field: number): number {
    const { record, table, last } = this;
    const before = (last[field] ??= { raw: Buffer.alloc(0), place: 0 });
    if (!record.is(field, before.raw)) {
      before.raw = record.raw(field);
      before.place = table.place(record.text(field));
    }
    return before.place;
  }

  private owner(): number {
    const { record, last, owners } = this;
    const hasArch = !record.isNull(AT.arch);
    const before = (last[AT.package] ??= { raw: Buffer.alloc(0), place: -1 });
    if (!hasArch && record.is(AT.package, before.raw)) return before.place;
    const name = record.text(AT.package);
    const key = ownerKey(name ?? '', hasArch ? (record.text(AT.arch) ?? '') : '');
    const number = name === null ? -1 : (owners.get(key) ?? owners.size);
    if (number >= 0) owners.set(key, number);
    if (!hasArch) last[AT.package] = { raw: record.raw(AT.package), place: number };
    return number;
  }

  /** Adds the digest of the record, possibly none; answers the flags that tell about it. */
  private addDigest(): number {
    const { record, table, scratch } = this;
    const plain = record.plain(AT.digest);
    const length = plain ? (plain.end - plain.start) / 2 : 0;
    if (plain && length <= LONGEST_DIGEST && decodeHex(plain.bytes, plain.start, length, scratch, 0)) {
      table.digests.add(scratch, 0, length);
      return HAS_DIGEST;
    }
    const text = Buffer.from(record.text(AT.digest) ?? '');
    table.digests.add(text, 0, text.length);
    return text.length === 0 ? 0 : HAS_DIGEST | DIGEST_AS_TEXT;
  }
}

function ownerKey(name: string, arch: string): string {
  return `${name}\0${arch}`;
}

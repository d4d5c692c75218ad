import type { PackagedPath } from '../packed/package-entries.js';
import { list, number, object, plain, text } from './image-facts.js';
import { isOsPackage, type PackageRow } from './package-records.js';

/** The entry list of one package of the operating system. */
export interface PackageContent {
  name: string;
  version: string;
  type: string;
  arch: string;
  /** By path, each once. */
  entries: PackagedPath[];
}

/** Collects what a package database says of paths (`distro.pkgfilemeta`, policy spec 2.4) and gives it to its packages. */
export class PackagedFiles {
  /** By package name and, where a record has one, architecture. */
  private readonly byPackage = new Map<string, PackagedPath[]>();
  count = 0;

  /** The records of one path: a list, or the JSON text of one. Records without a package are left out. */
  add(path: string, value: unknown): void {
    const found = plain(value);
    for (const item of Array.isArray(found) ? list(found) : [found]) {
      const record = object(item);
      const name = text(record['package']);
      if (name === null) continue;
      const key = packageKey(name, text(record['arch']) ?? '');
      const entries = this.byPackage.get(key);
      const entry: PackagedPath = {
        path,
        isConfigFile: record['conffile'] === true || record['conffile'] === 'true',
        digest: text(record['digest']),
        digestAlgorithm: text(record['digestalgo']),
        mode: octal(record['mode']),
        size: number(record['size']),
        userName: text(record['user']),
        groupName: text(record['group']),
      };
      if (entries) entries.push(entry);
      else this.byPackage.set(key, [entry]);
      this.count += 1;
    }
  }

  /**
   * Contents of the image's packages. A record without an architecture belongs to every OS package of its name; of two
   * records of one package and path the later counts. Packages without records have no content.
   */
  *contents(packages: Iterable<PackageRow>): Generator<PackageContent> {
    for (const row of packages) {
      if (!isOsPackage(row)) continue;
      const { name, version, type, arch } = row;
      const records = [
        ...(this.byPackage.get(packageKey(name, '')) ?? []),
        ...(this.byPackage.get(packageKey(name, arch)) ?? []),
      ];
      if (records.length === 0) continue;
      yield { name, version, type, arch, entries: sorted(records) };
    }
  }
}

function packageKey(name: string, arch: string): string {
  return `${name}\0${arch}`;
}

function sorted(entries: PackagedPath[]): PackagedPath[] {
  // Array.prototype.sort keeps the order of equals, so the later of two records with one path follows the earlier.
  entries.sort((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0));
  return entries.filter((entry, at) => entry.path !== entries[at + 1]?.path);
}

function octal(value: unknown): number | null {
  if (typeof value === 'number') return Number.isSafeInteger(value) && value >= 0 ? value : null;
  if (typeof value !== 'string' || !/^(0o)?[0-7]{1,12}$/.test(value)) return null;
  return parseInt(value.replace('0o', ''), 8);
}

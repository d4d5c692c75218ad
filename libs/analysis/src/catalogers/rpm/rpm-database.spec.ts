import { damagedCopies, testdata } from '../../testing/testdata.js';
import { DatabaseError } from './page-set.js';
import { readRpmDatabase } from './rpm-database.js';
import type { RpmPackage } from './rpm-package.js';

const FORMATS = ['rpmdb.sqlite', 'Packages.db', 'Packages'];
const NORMAL = '0';

/** The lines that make.sh had rpm print: one a package with 9 fields, one a file with 10. */
const stated = testdata('rpm/rpm.tsv.gz').toString().trim().split('\n');
const none = (value: string | number | undefined) => (value === '' || value === undefined ? '(none)' : String(value));

function packageLine(found: RpmPackage): string {
  const { name, version, release, license, size } = found;
  const optional = [found.architecture, found.vendor].map(none);
  return [name, none(found.epoch), version, release, ...optional, license, none(found.sourceRpm), size].join('\t');
}

function fileLines(found: RpmPackage): string[] {
  const id = [found.name, found.version, found.release].join('-') + (found.architecture && `.${found.architecture}`);
  return found.files.map(([directory, base, mode, size, digest, flags, user, group, verify]) => {
    const path = `${found.directories[directory]}${base}`;
    const owner = [found.users[user], found.groups[group]];
    return [id, path, mode.toString(8), size, digest, ...owner, flags, verify, NORMAL].join('\t');
  });
}

/** Everything up to the error at the end, if there is one. */
function readAll(bytes: Buffer): { found: RpmPackage[]; error?: unknown } {
  const found: RpmPackage[] = [];
  try {
    for (const one of readRpmDatabase(bytes)) found.push(one);
  } catch (error) {
    return { found, error };
  }
  return { found };
}

describe.each(FORMATS)('an rpm database in %s', (file) => {
  const bytes = testdata(`rpm/${file}.gz`);

  it('holds what rpm says of every package and file', () => {
    const found = [...readRpmDatabase(bytes)];
    const packages = stated.filter((line) => line.split('\t').length === 9);
    expect(packages).toHaveLength(44);
    expect(found.map(packageLine).sort()).toEqual(packages);
    // Files that were not installed (--excludedocs) are not the package's any more.
    const files = stated.filter((line) => line.split('\t').length === 10 && line.endsWith(`\t${NORMAL}`));
    expect(found.flatMap(fileLines).sort()).toEqual(files);
    expect(found.find((one) => one.name === 'server')?.algorithm).toBe('sha256');
    expect(found.find((one) => one.name === 'lib1')?.algorithm).toBe('md5');
  });

  it('costs no more than some packages and one message when it is damaged', () => {
    let complaints = 0;
    for (const copy of damagedCopies(bytes, 60)) {
      const { found, error } = readAll(copy);
      expect(found.length).toBeLessThanOrEqual(44);
      if (error === undefined) continue;
      complaints += 1;
      expect(error).toBeInstanceOf(DatabaseError);
    }
    expect(complaints).toBeGreaterThan(10);
  });
});

describe('a malicious rpm database', () => {
  const sqlite = testdata('rpm/rpmdb.sqlite.gz');

  it('whose b-tree is a circle ends', () => {
    const pageSize = sqlite.readUInt16BE(16);
    const root = [...Array(sqlite.length / pageSize).keys()].find((page) => page > 0 && sqlite[page * pageSize] === 5);
    const circle = Buffer.from(sqlite);
    const at = (root ?? 0) * pageSize;
    for (let cell = 0; cell < circle.readUInt16BE(at + 3); cell += 1) {
      circle.writeUInt32BE((root ?? 0) + 1, at + circle.readUInt16BE(at + 12 + 2 * cell)); // left child: the page itself
    }
    const { error } = readAll(circle);
    expect((error as Error).message).toContain('is used twice');
  });

  it('that claims the same blob many times does not multiply it', () => {
    const ndb = Buffer.from(testdata('rpm/Packages.db.gz'));
    const first = ndb.subarray(32, 48);
    for (let at = 48; at < 4096; at += 16) first.copy(ndb, at);
    const { found, error } = readAll(ndb);
    expect(found).toHaveLength(1);
    expect((error as Error).message).toMatch(/package 1 is damaged.* and \d+ more$/);
  });

  it('of no known format says so', () => {
    expect((readAll(Buffer.from('hello')).error as Error).message).toContain('format');
    expect(readAll(Buffer.alloc(0))).toEqual({ found: [] });
  });
});

import type { PackageDbEntry } from '@kedge/policy';
import { encodeEntries, packEntries, unpackEntries } from '../packed/package-entries.js';
import type { PackageRow } from './package-records.js';
import { PackagedFiles } from './packaged-files.js';

const osPackage = (name: string, more: Partial<PackageRow> = {}): PackageRow => ({
  ...{ name, version: '1', release: 'N/A', type: 'dpkg', arch: 'amd64', path: 'pkgdb' },
  ...{ size: null, license: null, origin: null, source: null, cpeNames: null },
  ...more,
});

/** Records by path, as a document has them. */
function collect(records: [path: string, value: unknown][]): PackagedFiles {
  const files = new PackagedFiles();
  for (const [path, value] of records) {
    const name = Buffer.from(path);
    const bytes = Buffer.from(JSON.stringify(value));
    expect(files.add({ bytes: name, start: 0, end: name.length }, bytes, 0, true)).toBe(bytes.length);
  }
  return files;
}

/** The entries of each package, as they are read back. */
function entries(files: PackagedFiles, packages: PackageRow[]): Record<string, PackageDbEntry[]> {
  const found = [...files.contents(packages)].map(({ name, arch, rows }) => {
    const packed = packEntries(encodeEntries(files.table, rows));
    return [`${name}:${arch}`, unpackEntries(packed)] as const;
  });
  return Object.fromEntries(found);
}

const entry = (path: string, more: Partial<PackageDbEntry> = {}): PackageDbEntry => ({
  ...{ path, isConfigFile: false, digest: null, digestAlgorithm: null },
  ...{ mode: null, size: null, userName: null, groupName: null },
  ...more,
});

describe('files of packages', () => {
  it('are read back as they were written', () => {
    const long = `/${'x/'.repeat(2000)}`;
    const found = collect([
      ['/', { package: 'a' }],
      ['/etc/ä 😀', [{ package: 'a', conffile: true, digest: 'ab'.repeat(16), digestalgo: 'md5', mode: null }]],
      [
        '/etc/ä 😁',
        [{ package: 'a', digest: 'AB', digestalgo: 'sha999', mode: '0100755', size: String(10 ** 15 - 1) }],
      ],
      ['/etc/empty', [{ package: 'a', digest: '', mode: '0', size: 0, user: 'root', group: '' }]],
      [long, [{ package: 'a', digest: 'DIRECTORY_OR_OTHER', user: 'dæmon\n', group: 'root', mode: 420 }]],
      ['/usr', [{ package: 'a', digest: 'abc', size: 2 ** 31, mode: '0o644' }]],
      ['/usr/x', [{ package: 'a', digest: 'f'.repeat(128), mode: '999', size: '-1' }]],
    ]);
    expect(entries(found, [osPackage('a')])).toEqual({
      'a:amd64': [
        entry('/'),
        entry('/etc/empty', { mode: 0, size: 0, userName: 'root' }),
        entry('/etc/ä 😀', { isConfigFile: true, digest: 'ab'.repeat(16), digestAlgorithm: 'md5' }),
        entry('/etc/ä 😁', { digest: 'AB', digestAlgorithm: 'sha999', mode: 0o100755, size: 10 ** 15 - 1 }),
        entry('/usr', { digest: 'abc', size: 2 ** 31, mode: 0o644 }),
        entry('/usr/x', { digest: 'f'.repeat(128) }),
        entry(long, { digest: 'DIRECTORY_OR_OTHER', userName: 'dæmon\n', groupName: 'root', mode: 420 }),
      ],
    });
  });

  it('go to the OS packages of their name and architecture', () => {
    const found = collect([
      ['/b', '[{"package":"bash","digest":"aa","digestalgo":"md5","conffile":"true"}]'],
      ['/a', [{ package: 'bash', user: 'root', group: 'wheel' }, { package: null }, { package: 'none' }]],
      ['/a', [{ package: 'bash', mode: '755' }]],
      ['/c', { package: 'bash', arch: 'i386', mode: '644' }],
      ['/d', [{ package: 'bash' }, { package: 'dash' }, { package: 'bash', arch: 'amd64' }]],
    ]);
    const packages = [
      osPackage('bash'),
      osPackage('bash', { arch: 'i386' }),
      osPackage('bash', { type: 'gem' }),
      osPackage('dash', { type: 'APKG' }),
      osPackage('other'),
    ];
    const a = entry('/a', { mode: 0o755 }); // of two records of one path the later counts
    const b = entry('/b', { digest: 'aa', digestAlgorithm: 'md5', isConfigFile: true });
    expect(entries(found, packages)).toEqual({
      'bash:amd64': [a, b, entry('/d')],
      'bash:i386': [a, b, entry('/c', { mode: 0o644 }), entry('/d')],
      'dash:amd64': [entry('/d')],
    });
  });

  it('are the same bytes for equal lists, and few', () => {
    const list = (size: number, first = 0) =>
      Array.from({ length: 500 }, (_item, number): [string, unknown] => [
        `/usr/share/doc/package/part-${number + first}.html`,
        [{ package: 'a', digest: noise(number), digestalgo: 'md5', size }],
      ]);
    const encoded = (records: [string, unknown][], before: [string, unknown][] = []) => {
      const found = collect([...before, ...records]);
      const [content] = found.contents([osPackage('a')]);
      return encodeEntries(found.table, content?.rows ?? new Uint32Array());
    };
    const one = encoded(list(7));
    expect(encoded(list(7).reverse(), [['/x', { package: 'other', user: 'other' }]])).toEqual(one);
    expect(encoded(list(8))).not.toEqual(one);
    expect(packEntries(one).length / 500).toBeLessThan(16 + 6);
  });

  it('that are damaged give an error', () => {
    const found = collect([['/a', { package: 'a', digest: 'aabb' }]]);
    const [content] = found.contents([osPackage('a')]);
    const packed = packEntries(encodeEntries(found.table, content?.rows ?? new Uint32Array()));
    expect(() => unpackEntries(packed.subarray(0, packed.length - 1))).toThrow(RangeError);
    expect(() => unpackEntries(Buffer.concat([Buffer.from([5]), packed]))).toThrow();
    for (const broken of ['[{"package":"a"', '[{"package"}]', '{"a":1]']) {
      expect(() => collect([['/a', broken]])).toThrow(/document/);
    }
  });
});

/** Hex digits that do not compress. */
function noise(seed: number): string {
  let text = '';
  for (let at = 0, state = seed + 1; at < 32; at += 1) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    text += (state >>> 28).toString(16);
  }
  return text;
}

import { verifyEntry, type ImageFile, type PackageDbEntry } from '@kedge/policy';
import { Readable } from 'node:stream';
import { readAnalysis } from '../analysis-document/read-analysis.js';
import { comparePackages } from './compare-packages.js';
import { packDifferences, unpackDifferences } from './stored-differences.js';

/** Every value with every other one of the other lists. */
function* product<T extends object>(choices: { [K in keyof T]: T[K][] }): Generator<T> {
  const names = Object.keys(choices) as (keyof T)[];
  const count = names.reduce((all, name) => all * choices[name].length, 1);
  for (let number = 0; number < count; number += 1) {
    let rest = number;
    yield Object.fromEntries(
      names.map((name) => {
        const list = choices[name];
        const value = list[rest % list.length];
        rest = Math.floor(rest / list.length);
        return [name, value];
      }),
    ) as T;
  }
}

const SHA256 = 'a'.repeat(64);
const MD5 = '1'.repeat(32);

interface Case {
  conffile: boolean;
  digest: [algorithm: string | null, value: string | null];
  mode: number | null;
  size: number | null;
  file: Partial<ImageFile> | null;
}

const CASES = [
  ...product<Case>({
    conffile: [false, true],
    digest: [
      [null, null],
      ['sha256', SHA256],
      ['sha256', 'b'.repeat(64)],
      ['sha256', SHA256.toUpperCase()],
      ['sha256', 'no hex'],
      ['sha256', 'aa'],
      ['md5', MD5],
      ['md5', SHA256],
      ['sha1', '2'.repeat(40)],
      ['sha512', SHA256],
    ],
    mode: [null, 0, 0o644, 0o100644, 0o40755, 0o104755],
    size: [null, 0, 5, 6],
    file: [
      null,
      { type: 'file', mode: 0o100644, size: 5, sha256: SHA256, md5: MD5 },
      { type: 'file', mode: 0o644, size: 0, sha256: null, md5: MD5 },
      { type: 'file', mode: 0, size: 6, sha256: SHA256, md5: null },
      { type: 'dir', mode: 0o40755, size: 5 },
      { type: 'slink', mode: 0o777, size: 1 },
    ],
  }),
];

describe('comparing packages on columns', () => {
  // Two packages whose paths are not in order, so that the search goes back and forth.
  const pathOf = (number: number) => `/usr/${(number * 7919) % 1009}/${number}`;
  const ownerOf = (number: number) => (number % 3 === 0 ? 'zlib' : 'bash');
  const octal = (mode: number | null) => (mode === null ? null : `0o${mode.toString(8)}`);

  function document(): string {
    const section = (value: (given: Case, number: number) => unknown) =>
      Object.fromEntries(
        CASES.map((given, number) => [pathOf(number), value(given, number)] as const).filter(
          ([, found]) => found !== undefined,
        ),
      );
    const digests = (name: 'sha256' | 'md5') => section(({ file }) => file?.[name] ?? undefined);
    return JSON.stringify({
      image_report: { meta: { imageId: 'f'.repeat(64) }, layers: [] },
      analysis_report: {
        file_list: {
          'files.allinfo': {
            base: section(({ file }) => (file ? { type: file.type, mode: file.mode, size: file.size } : undefined)),
          },
        },
        file_checksums: { 'files.sha256sums': { base: digests('sha256') }, 'files.md5sums': { base: digests('md5') } },
        package_list: {
          'pkgs.allinfo': { base: { zlib: { version: '1', type: 'rpm' }, bash: { version: '1', type: 'rpm' } } },
        },
        file_package_verify: {
          'distro.pkgfilemeta': {
            base: section(({ conffile, digest, mode, size }, number) => [
              {
                ...{ package: ownerOf(number), conffile, digest: digest[1], digestalgo: digest[0] },
                ...{ mode: octal(mode), size },
              },
            ]),
          },
        },
      },
    });
  }

  it('says of every entry what verifyEntry says', async () => {
    const json = document();
    const content = await readAnalysis(Readable.from([Buffer.from(json)]), { packageDb: true });
    const found = await comparePackages(content);
    const expected = CASES.flatMap(({ conffile, digest, mode, size, file }, number) => {
      const entry: PackageDbEntry = {
        ...{ path: pathOf(number), isConfigFile: conffile, digest: digest[1], digestAlgorithm: digest[0] },
        ...{ mode, size, userName: null, groupName: null },
      };
      const none = { sha1: null, sha256: null, md5: null, uid: 0, gid: 0, linkTarget: null, packaged: true };
      const status = verifyEntry(entry, file ? ({ ...none, ...file, path: entry.path } as ImageFile) : undefined);
      return status ? [{ packageName: ownerOf(number), path: entry.path, status }] : [];
    });
    const byPlace = (a: (typeof expected)[0], b: (typeof expected)[0]) =>
      a.packageName < b.packageName ? -1 : a.packageName > b.packageName ? 1 : a.path < b.path ? -1 : 1;
    expect(expected.length).toBeGreaterThan(500);
    expect(new Set(expected.map(({ status }) => status)).size).toBe(2);
    expect(found).toEqual(expected.sort(byPlace));
    expect(await unpackDifferences(await packDifferences(found ?? []))).toEqual(found);
  });

  it('has nothing to say without files or entries', async () => {
    const read = (packageDb: boolean, more: object) =>
      readAnalysis(Readable.from([Buffer.from(JSON.stringify({ image_report: {}, analysis_report: more }))]), {
        packageDb,
      });
    expect(await comparePackages(await read(true, {}))).toBeUndefined();
    expect(await comparePackages(await read(false, { file_list: { 'files.allinfo': { base: {} } } }))).toBeUndefined();
    const owned = { 'distro.pkgfilemeta': { base: { '/gone': [{ package: 'bash' }] } } };
    const empty = {
      file_list: { 'files.allinfo': { base: {} } },
      package_list: { 'pkgs.allinfo': { base: { bash: { version: '1', type: 'rpm' } } } },
      file_package_verify: owned,
    };
    expect(await comparePackages(await read(true, empty))).toEqual([
      { packageName: 'bash', path: '/gone', status: 'missing' },
    ]);
  });
});

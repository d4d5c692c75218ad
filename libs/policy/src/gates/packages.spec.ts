import type { ImageFile, PackageDbEntry, PackageDifference } from '../image-view.js';
import { imageOf, type ImageFacts } from '../testing/memory-image.js';
import { bundleOf, evaluate, findings, messages, rule } from '../testing/rule.js';
import { verifyEntry } from './package-verification.js';

const installed: ImageFacts = {
  packages: [
    { name: 'openssl', version: '1.1.1', release: '2' },
    { name: 'left-pad', version: '1.3.0', type: 'npm', path: '/app' },
  ],
};

describe('packages gate', () => {
  it.each<[Record<string, string>, string[]]>([
    [{ name: 'nginx' }, ['Required input package (nginx) is not present in container image']],
    [{ name: 'nginx', version: '1' }, ['Required input package (nginx,1) is not present in container image']],
    [{ name: 'openssl' }, []],
    [{ name: 'openssl', version: '1.1.1-2' }, []],
    [
      { name: 'openssl', version: '1.1.1' },
      ['Required input package (openssl) is present (1.1.1-2), but not at the version specified in policy (openssl)'],
    ],
    [{ name: 'openssl', version: '1.1.0', version_match_type: 'minimum' }, []],
    [{ name: 'openssl', version: '1.1.1', version_match_type: 'minimum' }, []],
    [{ name: 'openssl', version: '1.1.1-1', version_match_type: 'minimum' }, []],
    [
      { name: 'openssl', version: '1.1.1-10', version_match_type: 'minimum' },
      [
        'Required min-version input package (openssl) is present (1.1.1-2), but is lower version than what is specified ' +
          'in policy (1.1.1-10)',
      ],
    ],
  ])('requires packages %j', async (params, expected) => {
    expect(await messages('packages.required_package', params, installed)).toEqual(expected);
  });

  it('cannot compare versions of a distribution that it does not know', async () => {
    const wanted = rule('packages.required_package', { name: 'left-pad', version: '9', version_match_type: 'minimum' });
    const result = await evaluate(bundleOf([wanted]), { ...installed, distroName: 'busybox', likeDistro: 'busybox' });
    expect(result.problems).toMatchObject([{ problem_type: 'TriggerEvaluationError', rule_id: 'r1' }]);
    expect(result.finalAction).toBe('stop');
  });

  it('refuses packages', async () => {
    const refused = (params: Record<string, string>) => messages('packages.blacklist', params, installed);
    expect(await refused({ name: 'openssl' })).toEqual(['Package is blacklisted: openssl']);
    expect(await refused({ name: 'openssl', version: '1.1.1' })).toEqual(['Package is blacklisted: openssl-1.1.1']);
    expect(await refused({ name: 'openssl', version: '1.1.1-2' })).toEqual([]);
  });
});

describe('packages.verify', () => {
  const entry: Partial<PackageDbEntry> = { size: 1000, mode: 0o10755, digest: 'abc', digestAlgorithm: 'sha256' };
  const file: Partial<ImageFile> = { size: 1000, mode: 0o10755, sha256: 'abc', md5: 'def', sha1: 'abcdef' };

  it.each<[string, Partial<PackageDbEntry>, Partial<ImageFile> | null, string | undefined]>([
    ['as is', {}, {}, undefined],
    ['no digest', { digest: null }, {}, undefined],
    ['config file', { isConfigFile: true, digest: 'xyz' }, {}, undefined],
    ['sha1', { digestAlgorithm: 'sha1', digest: 'abcdef' }, {}, undefined],
    ['sha1 unknown for the file', { digestAlgorithm: 'sha1', digest: 'abcdef' }, { sha1: null }, undefined],
    ['mode + 1', { mode: 0o10756 }, {}, 'changed'],
    ['size', { size: 1001 }, {}, 'changed'],
    ['sha256', { digest: 'abd' }, {}, 'changed'],
    ['md5', { digestAlgorithm: 'md5', digest: 'blah' }, {}, 'changed'],
    ['sha1 differs', { digestAlgorithm: 'sha1', digest: 'blah' }, {}, 'changed'],
    ['type bits on one side', { mode: 0o755 }, { mode: 0o60755 }, undefined],
    ['permissions under type bits', { mode: 0o755 }, { mode: 0o60754 }, 'changed'],
    ['type bits on the other side', { mode: 0o60755 }, { mode: 0o755 }, undefined],
    ['permissions on the other side', { mode: 0o60754 }, { mode: 0o755 }, 'changed'],
    ['set-user-id where no type bits are known', { mode: 0o755 }, { mode: 0o104755 }, 'changed'],
    ['link with another size', { size: 1 }, { type: 'slink' }, undefined],
    ['no file', {}, null, 'missing'],
    ['no file for a config file', { isConfigFile: true }, null, 'missing'],
  ])('compares: %s', async (_name, entryChange, fileChange, expected) => {
    const path = '/test1';
    const view = imageOf({
      entries: [{ path, ...entry, ...entryChange }],
      files: fileChange === null ? [] : [{ path, ...file, ...fileChange }],
    });
    for await (const { entries } of view.packageDb())
      for (const given of entries) expect(verifyEntry(given, (await view.filesAt([path]))?.[0])).toBe(expected);
    expect.assertions(1);
  });

  const image: ImageFacts = {
    entries: [
      { packageName: 'libpkg000', path: '/usr/share/doc/libpkg000/missing.gz' },
      { packageName: 'tools', path: '/usr/lib/x', size: 5 },
      { packageName: 'tools', path: '/usr/li%/y' },
    ],
    files: [{ path: '/usr/lib/x', size: 6 }],
  };

  it('gives the id that allowlists in the field know', async () => {
    const [found] = await findings('packages.verify', { only_packages: 'libpkg000' }, image);
    expect(found?.message).toBe(
      "VERIFY check against package db for package 'libpkg000' failed on entry " +
        "'/usr/share/doc/libpkg000/missing.gz' with status: 'missing'",
    );
    expect(found?.triggerId).toBe('e18722787cc9d148782276f9ea83a35f');
  });

  it.each<[Record<string, string>, string[]]>([
    [{}, ['missing.gz', 'x', 'y']],
    [{ check: 'changed' }, ['x']],
    [{ only_packages: 'tools , none' }, ['x', 'y']],
    [{ only_directories: '/usr/li' }, ['x', 'y']],
    [{ only_directories: '/usr/lib,/usr' }, ['missing.gz', 'x', 'y']],
    [{ only_directories: '/usr/l_b' }, []],
  ])('filters %j and reports a path once', async (params, expected) => {
    const found = await messages('packages.verify', params, image);
    expect(found.map((text) => /([^/]+)' with/.exec(text)?.[1])).toEqual(expected);
    const differences: PackageDifference[] = [
      { packageName: 'libpkg000', path: '/usr/share/doc/libpkg000/missing.gz', status: 'missing' },
      { packageName: 'tools', path: '/usr/lib/x', status: 'changed' },
      { packageName: 'tools', path: '/usr/li%/y', status: 'missing' },
    ];
    expect(await messages('packages.verify', params, { entries: [], differences })).toEqual(found);
  });

  it('stops for an image without loaded entries, while other rules are answered', async () => {
    const rules = [rule('packages.verify', {}, { action: 'WARN', id: 'v' }), rule('always.always')];
    const result = await evaluate(bundleOf(rules), { ...image, packageDbState: 'not_loaded' });
    expect(result.finalAction).toBe('stop');
    expect(result.problems).toMatchObject([
      { severity: 'error', problem_type: 'TriggerNotAvailableError', rule_id: 'v' },
    ]);
    expect(result.problems[0]?.details).toContain('re-analyzed (gate=packages,trigger=verify,rule_id=v)');
    expect(result.policies[0]?.decisions).toHaveLength(1);
    expect(result.cacheable).toBe(false);
  });

  it('stops when the image has no file data instead of calling everything missing', async () => {
    const result = await evaluate(bundleOf([rule('packages.verify')]), { ...image, files: null });
    expect(result.policies[0]).toMatchObject({ decisions: [], finalAction: 'stop' });
  });
});

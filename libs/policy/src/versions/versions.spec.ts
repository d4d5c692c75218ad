import { compareVersions, versionScheme, type VersionScheme } from './index.js';
import { compareMaven } from './maven.js';
import { comparePep440 } from './pep440.js';
import { isInRange } from './range.js';
import { compareSemver } from './semver.js';

// Ordered pairs, older first, as dpkg --compare-versions, rpmvercmp and apk-tools order them.
const OLDER: [VersionScheme, string, string][] = [
  ['dpkg', '1.0~rc1-1', '1.0-1'],
  ['dpkg', '1.9', '1.10'],
  ['dpkg', '1.0', '1.0+deb1'],
  ['dpkg', '1.0a', '1.0+'],
  ['dpkg', '1:1.0-1', '2:0.5-1'],
  ['dpkg', '5.14-2', '5.14-2+deb9u1'],
  ['dpkg', '1.0', '1.0-1'],
  ['rpm', '1.0~rc1-1', '1.0-1'],
  ['rpm', '1.0', '1.0^git1'],
  ['rpm', '1.0^git1', '1.0.1'],
  ['rpm', '4.19.1-1', '4.19.1-2.el8'],
  ['rpm', '2:1.0-1', '10:0.1-1'],
  ['rpm', '1.a', '1.1'],
  ['rpm', '1.0', '1.0a'],
  ['apk', '1.0_alpha', '1.0'],
  ['apk', '1.1_rc2', '1.1'],
  ['apk', '1.1', '1.1_p1'],
  ['apk', '1.05', '1.1'],
  ['apk', '1.2.3-r9', '1.2.3-r10'],
  ['apk', '1.2', '1.2a'],
  ['apk', '9.1', '10'],
];

const SAME: [VersionScheme, string, string][] = [
  ['dpkg', '1:5.14-2', '5.14-2'],
  ['dpkg', '1.0-0', '1.0'],
  ['dpkg', '1.007', '1.7'],
  ['rpm', '2:4.19.01-1', '4.19.1-1'],
  ['rpm', '1.0_1', '1.0.1'],
  ['apk', '1.2.3', '1.2.3-r0'],
];

describe('version schemes', () => {
  it.each(OLDER)('%s: %s is older than %s', (scheme, older, newer) => {
    expect(compareVersions(scheme, older, newer)).toBeLessThan(0);
    expect(compareVersions(scheme, newer, older)).toBeGreaterThan(0);
  });

  it.each(SAME)('%s: %s is the same as %s', (scheme, left, right) => {
    expect(compareVersions(scheme, left, right)).toBe(0);
  });

  it('follows the package type, else the distribution', () => {
    expect(versionScheme('APKG', 'debian', null)).toBe('apk');
    expect(versionScheme('npm', 'mint', 'ubuntu,debian')).toBe('dpkg');
    expect(versionScheme('npm', 'busybox', 'busybox')).toBeUndefined();
    expect(versionScheme('constructor', 'toString', null)).toBeUndefined();
  });
});

// Each list ascends, as the ordering rules of the ecosystem say in their own examples.
const ASCENDING: [string, (left: string, right: string) => number, string[]][] = [
  [
    'semver',
    compareSemver,
    [
      '1.0.0-alpha',
      '1.0.0-alpha.1',
      '1.0.0-alpha.beta',
      '1.0.0-beta.2',
      '1.0.0-beta.11',
      '1.0.0-rc.1',
      '1.0.0',
      '1.0.1',
    ],
  ],
  ['gem', compareSemver, ['1.9', '1.10.rc1', '1.10', '1.10.1', '2.0.0.pre', 'v2']],
  [
    'PEP 440',
    comparePep440,
    [
      '1.dev0',
      '1.0.dev456',
      '1.0a1',
      '1.0a2.dev456',
      '1.0a12',
      '1.0b1.dev456',
      '1.0b2',
      '1.0b2.post345.dev456',
      '1.0b2.post345',
    ],
  ],
  [
    'PEP 440',
    comparePep440,
    ['1.0rc1', '1.0', '1.0+abc.5', '1.0+abc.7', '1.0.post456.dev34', '1.0.post456', '1.0.15', '1.1.dev1', '1!0.1'],
  ],
  ['Maven', compareMaven, ['1-alpha-1', '1-beta', '1-m2', '1-rc', '1-snapshot', '1', '1-sp', '1-foo', '1-1', '1.1']],
  ['Maven', compareMaven, ['2.0-alpha', '2.0', '2.0.1', '2.0.1-xyz', '2.0.1-123', '2.0.2', '2.12.4', '2.13.4.2']],
];

const ALIKE: [(left: string, right: string) => number, string, string][] = [
  [compareSemver, '1.0.0+build1', 'v1'],
  [comparePep440, '1.0', '1'],
  [comparePep440, '1.0-1', '1.0.POST1'],
  [comparePep440, '1.0.0-alpha1', '1a1'],
  [compareMaven, '1.0.0', '1'],
  [compareMaven, '1.0-RC2', '1-CR2'],
  [compareMaven, '1.0.Final', '1-ga'],
];

describe('versions of languages', () => {
  it.each(ASCENDING)('of %s are ordered', (_name, compare, versions) => {
    for (const [at, older] of versions.entries()) {
      for (const newer of versions.slice(at + 1)) {
        expect([older, newer, Math.sign(compare(older, newer))]).toEqual([older, newer, -1]);
        expect(Math.sign(compare(newer, older))).toBe(1);
      }
    }
  });

  it.each(ALIKE)('can be the same in other words', (compare, left, right) => {
    expect(Math.abs(compare(left, right))).toBe(0);
  });

  it.each([
    ['npm', '4.17.20', '<4.17.21', true],
    ['npm', '4.17.21', '<4.17.21', false],
    ['npm', '1.5.0', '>= 1.0.0, < 1.4.0 || >=1.5.0 <1.6.0', true],
    ['npm', '1.4.5', '>= 1.0.0, < 1.4.0 || >=1.5.0 <1.6.0', false],
    ['gem', '1.2.9', '~1.2.3', true],
    ['gem', '1.3.0', '~1.2.3', false],
    ['npm', '1.9.0', '^1.2.3', true],
    ['npm', '2.0.0', '^1.2.3', false],
    ['npm', '0.2.9', '^0.2.3', true],
    ['npm', '0.3.0', '^0.2.3', false],
    ['npm', '1.0', '!=1.0.0', false],
    ['go', 'v1.2.3', '= 1.2.3', true],
    ['nuget', '5.0', '*', true],
    ['nuget', '5.0', 'ALL', true],
    ['npm', '0.0.0-rc1', '>0', true],
    ['npm', '0.0.0-rc1', '<0.0.0', false],
    ['python', '2.0rc1', '<2.0', true],
    ['java', '2.0-rc1', '<2.0', true],
    ['java', '2.0.sp1', '<=2.0', false],
    ['npm', '1.0', '', false],
    ['npm', '1.0', 'None of these', false],
  ])('of %s: %s in %j is %s', (type, version, range, expected) => {
    expect(isInRange(type, version, range)).toBe(expected);
  });
});

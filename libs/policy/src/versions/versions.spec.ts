import { compareVersions, versionScheme, type VersionScheme } from './index.js';

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

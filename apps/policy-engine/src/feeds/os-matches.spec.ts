import { sourceName } from './os-matches.js';

describe('the source package', () => {
  it.each([
    ['dpkg', 'glibc', '2.36-9', '2.36-9', 'glibc'],
    ['dpkg', 'glibc-2.36-9', '2.36-9+b2', '2.36-9+b2', 'glibc'],
    ['rpm', 'bash-5.1-9.el9.src.rpm', '5.1', '5.1-9.el9', 'bash'],
    ['rpm', 'perl-Time-Local-1.300-7.el9.src.rpm', '2:1.300', '2:1.300-7.el9', 'perl-Time-Local'],
    ['rpm', 'python3.9-3.9.10-2.el9.src.rpm', '1.0', '1.0-1', 'python3.9'],
    ['apk', 'busybox', '1.36.1', '1.36.1-r2', 'busybox'],
    ['dpkg', 'N/A', '1', '1', undefined],
    ['dpkg', null, '1', '1', undefined],
  ] as const)('of %s: %s, %s', (scheme, source, version, fullVersion, expected) => {
    expect(sourceName({ source, version, fullVersion }, scheme)).toBe(expected);
  });
});

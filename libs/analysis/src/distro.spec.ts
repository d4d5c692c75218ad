import { detectDistro } from './distro.js';
import { squash } from './squash.js';
import { layer, type TestEntry } from './testing/layer-builder.js';

const file = (name: string, content: string): TestEntry => ({ name, content });

describe('detectDistro', () => {
  it.each<[string, TestEntry[], [string, string, string]]>([
    [
      'os-release',
      [file('etc/os-release', 'NAME="X=Y"\nID="centos"\nVERSION_ID=\'8\'\nID_LIKE="rhel fedora"\n')],
      ['centos', '8', 'rhel,fedora'],
    ],
    [
      'an absolute link',
      [
        file('usr/lib/os-release', 'ID=debian\nVERSION_ID="12"\n'),
        { name: 'etc/os-release', type: 'symlink', linkname: '/usr/lib/os-release' },
      ],
      ['debian', '12', 'debian'],
    ],
    ['usr/lib alone', [file('usr/lib/os-release', 'ID=alpine\nVERSION_ID=3.20.1\n')], ['alpine', '3.20.1', 'alpine']],
    [
      'debian without version',
      [file('etc/os-release', 'ID=debian\n'), file('etc/debian_version', 'trixie/sid\n')],
      ['debian', 'unstable', 'debian'],
    ],
    [
      'a CPE',
      [file('etc/system-release-cpe', 'cpe:/o:redhat:enterprise_linux:7.9:ga:server\n')],
      ['rhel', '7.9', 'rhel'],
    ],
    [
      'a CPE of the newer form',
      [file('etc/system-release-cpe', 'cpe:2.3:o:fedoraproject:fedora:38\n'), file('etc/redhat-release', 'CentOS 9')],
      ['fedora', '38', 'fedora'],
    ],
    [
      'redhat-release',
      [file('etc/redhat-release', 'CentOS Linux release 7.9.2009 (Core)\n')],
      ['centos', '7.9.2009', 'centos'],
    ],
    ['busybox', [file('bin/busybox', '\x7fELF\0BusyBox v1.36.1 (2023)')], ['busybox', 'v1.36.1', 'busybox']],
    ['nothing', [file('a', '')], ['Unknown', '0', 'Unknown']],
  ])('%s', async (_name, entries, [DISTRO, DISTROVERS, LIKEDISTRO]) => {
    expect(detectDistro(squash([await layer(entries)]))).toEqual({ DISTRO, DISTROVERS, LIKEDISTRO });
  });
});

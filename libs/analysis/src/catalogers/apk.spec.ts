import { catalog } from '../testing/catalog.js';
import { parseApkDatabase } from './apk-database.js';

/** As `apk add` writes it (two packages shortened from Alpine 3.18, one virtual package). */
const DATABASE = `C:Q1uMRfkTwl5EfSnyV1Nlg4mbxtmLw=
P:busybox
V:1.36.1-r2
A:x86_64
S:509600
I:962560
T:Size optimized toolbox of many common UNIX utilities
U:https://busybox.net/
L:GPL-2.0-only
o:busybox
m:Sören Tempel <soeren+alpine@soeren-tempel.net>
t:1688055424
c:bf2ca8f5d3d8a7f4d9d0cf5a9b4e56e3b1d5a1f1
D:so:libc.musl-x86_64.so.1
p:cmd:busybox=1.36.1-r2
r:busybox-initscripts
F:bin
R:busybox
a:0:0:4755
Z:Q1D2cZZuzgP8q0p2oS7r7yNCSCRWg=
F:etc
R:securetty
a:0:0:640
Z:Q1mB95Hq2NUTZ599RDiSsj9w5FrOU=
F:tmp
M:0:0:1777
F:usr

C:Q1j3UEYVtE6C6mUwdXbZfYgVqSyqk=
P:busybox-binsh
V:1.36.1-r2
A:x86_64
I:1
L:GPL-2.0-only
o:busybox
F:bin
R:sh
a:0:0:777
Z:Q1pcfTfDNEbNKQc2s1tia7da05M8Q=
R:plain
Z:Q2AAAA

P:.build-deps
V:20231114.221320
A:noarch
I:0
T:virtual meta package
D:busybox musl

`;

const none = { conffile: false, size: null, user: '0', group: '0' };

describe('the apk cataloger', () => {
  it.each(['lib/apk/db/installed', 'usr/lib/apk/db/installed'])('reads packages and files of %s', async (name) => {
    const { element, report, status } = await catalog([{ name, content: DATABASE }]);
    expect(status['packages_apk']?.status).toBe('ok');
    expect(element('pkgs.allinfo')).toEqual({
      busybox: {
        name: 'busybox',
        type: 'APKG',
        version: '1.36.1',
        release: 'r2',
        sourcepkg: 'busybox',
        arch: 'x86_64',
        origin: 'Sören Tempel <soeren+alpine@soeren-tempel.net>',
        license: 'GPL-2.0-only',
        size: '962560',
        files: ['/bin', '/bin/busybox', '/etc', '/etc/securetty', '/tmp', '/usr'],
        cpes: ['cpe:2.3:a:busybox:busybox:1.36.1-r2:*:*:*:*:*:*:*'],
      },
      'busybox-binsh': expect.objectContaining({ origin: 'N/A', files: ['/bin', '/bin/sh', '/bin/plain'] }),
      '.build-deps': expect.objectContaining({
        version: '20231114.221320',
        release: 'N/A',
        size: 'N/A',
        license: 'N/A',
      }),
    });
    expect(element('pkgs.all')).toEqual({
      busybox: '1.36.1-r2',
      'busybox-binsh': '1.36.1-r2',
      '.build-deps': '20231114.221320',
    });
    expect(element('pkgs_plus_source.all')['busybox']).toBe('1.36.1-r2');
    expect(report.packageFiles.get('/bin/sh')).toBe('APKFILE');
    const sha1 = { ...none, digestalgo: 'sha1', package: 'busybox' };
    expect(new Map(report.fileRecords()).get('/bin/busybox')).toEqual([
      { ...sha1, mode: '4755', digest: '0f671966ece03fcab4a76a12eebef23424824568' },
    ]);
    expect(new Map(report.fileRecords()).get('/etc/securetty')).toEqual([
      { ...sha1, mode: '0640', digest: '981f791ead8d513679f7d443892b23f70e45ace5' },
    ]);
    expect(new Map(report.fileRecords()).get('/tmp')).toEqual([
      { ...none, digest: null, digestalgo: null, mode: '1777', package: 'busybox' },
    ]);
    // Neither line about owner and mode: what apk takes for granted. Another algorithm than SHA-1: nothing to compare.
    expect(new Map(report.fileRecords()).get('/bin/plain')).toEqual([
      { ...none, digest: null, digestalgo: null, mode: '0644', package: 'busybox-binsh' },
    ]);
  });

  it('leaves hidden files to the paths where they really are', async () => {
    const { report } = await catalog([
      { name: 'usr/bin/busybox', content: 'x' },
      { name: 'bin', type: 'symlink', linkname: 'usr/bin' },
      { name: 'lib/apk/db/installed', content: DATABASE },
      { name: 'srv/lib/apk/db/installed', content: 'P:other\nV:1-r0\nF:bin\nR:x\n' },
    ]);
    expect(report.packageFiles.has('/usr/bin/busybox')).toBe(true);
    expect(report.packageFiles.has('/srv/bin/x')).toBe(true);
    expect(report.element('pkgs.all').get('other')).toBe('1-r0');
  });

  it('survives damage', () => {
    const text = `P:half\n\nV:1\n\nR:nowhere\nF:\nR:\na:x\nZ:Q1short\n\n${'F:d\n'.repeat(3)}P:last\nV:1-r0\nR:x`;
    expect([...parseApkDatabase(text)]).toEqual([expect.objectContaining({ name: 'last', version: '1-r0' })]);
    const long = `P:a\nV:1\nF:${'d'.repeat(4000)}\n${`R:${'x'.repeat(90)}\n`.repeat(70_000)}`;
    expect(() => [...parseApkDatabase(long)]).toThrow('characters of paths');
  });
});

import { catalog } from '../testing/catalog.js';
import type { TestEntry } from '../testing/layer-builder.js';
import { buildZip } from '../testing/zip-builder.js';

const stanza = (name: string, more: string[] = [], status = 'install ok installed') =>
  [`Package: ${name}`, `Status: ${status}`, 'Version: 1:2.0-3', 'Architecture: amd64', ...more, '', ''].join('\n');

describe('dpkg', () => {
  it('reads the database of the uppermost layer with the files of lower ones', async () => {
    const lower: TestEntry[] = [
      { name: 'var/lib/dpkg/status', content: stanza('old') },
      { name: 'var/lib/dpkg/info/tool.md5sums', content: `${'a'.repeat(32)}  usr/bin/a tool\n` },
      { name: 'var/lib/dpkg/info/tool.list', content: '/.\n/usr\n/usr/bin\n/usr/bin/link\n/usr/bin/gone\n' },
      { name: 'usr/bin/link', type: 'symlink', linkname: 'a tool' },
      {
        name: 'usr/share/doc/tool/copyright',
        content: 'License: GPL-2+\n See /usr/share/common-licenses/GPL-2.\nLicense: MIT\n',
      },
    ];
    const upper = stanza('tool', [
      'Source: toolset (1.9)',
      'Maintainer: A <a@example.org>',
      'Installed-Size: 12',
      'Conffiles:',
      ` /etc/tool.conf ${'b'.repeat(32)}`,
      ` /etc/old.conf ${'c'.repeat(32)} obsolete`,
    ]);
    const { element, report, status } = await catalog(lower, [{ name: 'var/lib/dpkg/status', content: upper }]);
    expect(status['packages_dpkg']?.status).toBe('ok');
    expect(Object.keys(element('pkgs.allinfo'))).toEqual(['tool']);
    expect(element('pkgs.allinfo')['tool']).toMatchObject({
      version: '1:2.0-3',
      release: 'N/A',
      sourcepkg: 'toolset',
      arch: 'amd64',
      origin: 'A <a@example.org> (maintainer)',
      size: '12000',
      license: 'GPL-2 GPL-2+ MIT',
      type: 'dpkg',
    });
    expect([...report.packageFiles.keys()].sort()).toEqual(['/etc/tool.conf', '/usr/bin/a tool', '/usr/bin/link']);
    const none = { group: null, mode: null, size: null, user: null, package: 'tool', digestalgo: 'md5' };
    expect(Object.fromEntries(report.fileRecords)).toEqual({
      '/usr/bin/a tool': [{ ...none, conffile: false, digest: 'a'.repeat(32) }],
      '/etc/tool.conf': [{ ...none, conffile: true, digest: 'b'.repeat(32) }],
    });
  });

  it('leaves removed packages out and keeps those that are half there', async () => {
    const content =
      stanza('gone', [], 'deinstall ok config-files') +
      stanza('purged', [], 'purge ok not-installed') +
      stanza('half', [], 'install reinstreq half-installed') +
      stanza('there');
    const { element } = await catalog([{ name: 'var/lib/dpkg/status', content }]);
    expect(Object.keys(element('pkgs.all'))).toEqual(['half', 'there']);
  });

  it('keeps two architectures of one package apart', async () => {
    const content = stanza('libc6') + stanza('libc6').replace('amd64', 'i386');
    const info = (arch: string, digest: string): TestEntry => ({
      name: `var/lib/dpkg/info/libc6:${arch}.md5sums`,
      content: `${digest.repeat(32)}  lib/${arch}/libc.so\n`,
    });
    const { element, report } = await catalog([
      { name: 'var/lib/dpkg/status', content },
      info('amd64', 'a'),
      info('i386', 'b'),
    ]);
    expect(Object.keys(element('pkgs.allinfo'))).toEqual(['libc6', 'libc6:i386']);
    expect([...report.fileRecords.keys()]).toEqual(['/lib/amd64/libc.so', '/lib/i386/libc.so']);
  });

  it('reads the one-file-a-package form and the paths of a merged /usr', async () => {
    const { element, report } = await catalog([
      { name: 'usr/bin/' },
      { name: 'bin', type: 'symlink', linkname: 'usr/bin' },
      { name: 'usr/bin/tool', content: 'x' },
      { name: 'var/lib/dpkg/status.d/tool', content: 'Package: tool\nVersion: 1\nArchitecture: all\n' },
      { name: 'var/lib/dpkg/status.d/tool.md5sums', content: `${'a'.repeat(32)}  bin/tool\n` },
    ]);
    expect(Object.keys(element('pkgs.all'))).toEqual(['tool']);
    expect([...report.fileRecords.keys()]).toEqual(['/usr/bin/tool']);
  });
});

describe('npm', () => {
  it('takes name, licence, author and source in all their forms', async () => {
    const json = {
      name: '@scope/thing',
      version: '1.2.3',
      license: { type: 'MIT' },
      author: { name: 'A B', email: 'a@b', url: 'https://b' },
      repository: { url: 'git://x' },
    };
    const { element, image } = await catalog([
      { name: 'app/node_modules/thing/package.json', content: JSON.stringify(json) },
      { name: 'app/package.json', content: '{"private": true}' },
      { name: 'app/broken/package.json', content: '{' },
    ]);
    expect(element('pkgs.npms')).toEqual({
      '/app/node_modules/thing/package.json': expect.objectContaining({
        name: '@scope/thing',
        versions: ['1.2.3'],
        latest: '1.2.3',
        lics: ['MIT'],
        origins: ['A B <a@b> (https://b)'],
        sourcepkg: 'git://x',
      }),
    });
    expect(image.warnings).toEqual([expect.stringContaining('/app/broken/package.json')]);
  });

  it('leaves out what an OS package owns, and what a later layer removes', async () => {
    const packageJson = (name: string): TestEntry => ({ name, content: '{"name":"x","version":"1"}' });
    const { element } = await catalog(
      [packageJson('usr/lib/a/package.json'), packageJson('b/package.json'), packageJson('c/package.json')],
      [
        { name: 'var/lib/dpkg/status', content: stanza('a') },
        { name: 'var/lib/dpkg/info/a.md5sums', content: `${'a'.repeat(32)}  usr/lib/a/package.json\n` },
        { name: '.wh.b' },
      ],
    );
    expect(Object.keys(element('pkgs.npms'))).toEqual(['/c/package.json']);
  });
});

describe('python', () => {
  it('reads dist-info with quoted record lines and egg-info as one file', async () => {
    const site = 'usr/lib/python3/site-packages';
    const { element, report } = await catalog([
      {
        name: `${site}/Demo_Lib-1.0.dist-info/METADATA`,
        content:
          'Metadata-Version: 2.1\nName: demo-lib\nVersion: 1.0\nAuthor: A\nAuthor-email: a@b\nLicense: MIT\n\nName: no\n',
      },
      { name: `${site}/Demo_Lib-1.0.dist-info/RECORD`, content: 'demo/x.py,sha256=a,1\n"demo/a,b.py",,\nbad\n' },
      { name: `${site}/Demo_Lib-1.0.dist-info/top_level.txt`, content: 'demo_core\n' },
      { name: `${site}/single-2.egg-info`, content: 'Name: single\nVersion: 2\n' },
      { name: `${site}/Python-3.egg-info`, content: 'Name: Python\nVersion: 3\n' },
    ]);
    expect(element('pkgs.python')).toEqual({
      [`/${site}/demo_core`]: expect.objectContaining({
        name: 'demo-lib',
        version: '1.0',
        origin: 'A <a@b>',
        license: 'MIT',
        location: `/${site}`,
        files: [`/${site}/demo/x.py`, `/${site}/demo/a,b.py`],
      }),
      [`/${site}/single`]: expect.objectContaining({ name: 'single', version: '2', files: [] }),
    });
    expect(report.warnings).toEqual([expect.stringContaining('1 fields instead of 3')]);
  });
});

describe('java', () => {
  const pom = (artifact: string, version: string) =>
    `groupId=org.example\nartifactId=${artifact}\nversion=${version}\n`;

  it('reads manifests, coordinates, archives in archives and shaded artifacts', async () => {
    const inner = buildZip({
      'META-INF/MANIFEST.MF':
        'Manifest-Version: 1.0\r\nImplementation-Version: 3.\r\n 1\r\nSpecification-Vendor: V\r\n',
    });
    const war = buildZip({
      'META-INF/MANIFEST.MF': 'Manifest-Version: 1.0\n',
      'META-INF/maven/org.example/app/pom.properties': pom('app', '1.0'),
      'META-INF/maven/org.example/shaded/pom.properties': pom('shaded', '9'),
      'WEB-INF/lib/inner-lib-3.1.jar': inner,
    });
    const { element } = await catalog([{ name: 'srv/app-1.0.war', content: war }]);
    expect(element('pkgs.java')).toEqual({
      '/srv/app-1.0.war': expect.objectContaining({
        name: 'app',
        type: 'java-war',
        'maven-version': '1.0',
        origin: 'org.example',
        metadata: { 'pom.properties': '\ngroupId=org.example\nartifactId=app\nversion=1.0\n' },
      }),
      '/srv/app-1.0.war:shaded': expect.objectContaining({ name: 'shaded', 'maven-version': '9', type: 'java-war' }),
      '/srv/app-1.0.war:WEB-INF/lib/inner-lib-3.1.jar': expect.objectContaining({
        name: 'inner-lib',
        'implementation-version': '3.1',
        'maven-version': 'N/A',
        origin: 'V',
        type: 'java-jar',
        metadata: {},
      }),
    });
  });

  it('names a damaged archive and goes on', async () => {
    const whole = buildZip({ 'META-INF/MANIFEST.MF': 'Implementation-Version: 1\n' });
    const { element, image } = await catalog([
      { name: 'a.jar', content: whole.subarray(0, 60) },
      { name: 'b.jar', content: whole },
    ]);
    expect(Object.keys(element('pkgs.java'))).toEqual(['/b.jar']);
    expect(image.warnings).toEqual([expect.stringContaining('/a.jar: java could not read it')]);
  });
});

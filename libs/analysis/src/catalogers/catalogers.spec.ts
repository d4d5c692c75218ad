import { catalog } from '../testing/catalog.js';
import type { TestEntry } from '../testing/layer-builder.js';

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
    expect(Object.fromEntries(report.fileRecords())).toEqual({
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
    const stated = [...report.fileRecords()].flatMap(([, records]) => records.map((record) => record.arch));
    expect(stated).toEqual(['amd64', 'i386']);
    expect(Object.keys(Object.fromEntries(report.fileRecords()))).toEqual(['/lib/amd64/libc.so', '/lib/i386/libc.so']);
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
    expect(Object.keys(Object.fromEntries(report.fileRecords()))).toEqual(['/usr/bin/tool']);
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

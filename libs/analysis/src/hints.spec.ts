import { catalog } from './testing/catalog.js';
import type { TestEntry } from './testing/layer-builder.js';

const hints = (packages: unknown): TestEntry => ({
  name: 'anchore_hints.json',
  content: JSON.stringify({ packages }),
});

describe('the hints file', () => {
  it('adds packages of every type', async () => {
    const { element, report } = await catalog([
      hints([
        { type: 'RPM', name: 'a', version: '1:2.0', release: '3.el9', license: 'GPL' },
        { type: 'rpm', name: 'b', version: '1.0-2', source: 'b-src.src.rpm' },
        { type: 'dpkg', name: 'c', version: '1-2', arch: 'arm64' },
        { type: 'apkg', name: 'd', version: '1.2-r3', size: '7' },
        { type: 'npm', name: 'e', versions: ['1', '2'], license: 'MIT', origins: ['x'] },
        { type: 'gem', name: 'f', version: '1', location: '/gems/f' },
        { type: 'python', name: 'g', version: '1' },
        { type: 'python', name: 'h', version: '1', files: ['/h.py'], metadata: { k: 'v' } },
        { type: 'java', name: 'i', version: '1' },
        { type: 'go', name: 'j', version: 'v1' },
        { type: 'binary', name: 'k', version: '1', license: 'X' },
      ]),
    ]);
    const described = { origin: '', license: '', metadata: {} };
    expect(element('pkgs.allinfo')).toEqual({
      a: {
        version: '1:2.0',
        release: '3.el9',
        arch: 'x86_64',
        sourcepkg: 'a-2.0-3.el9.src.rpm',
        type: 'rpm',
        origin: '',
        license: 'GPL',
        size: '0',
      },
      b: expect.objectContaining({ version: '1.0', release: '2', sourcepkg: 'b-src.src.rpm' }),
      c: expect.objectContaining({ version: '1-2', release: 'N/A', arch: 'arm64', sourcepkg: 'c-1-2', type: 'dpkg' }),
      d: expect.objectContaining({ version: '1.2', release: 'r3', sourcepkg: 'd', size: '7', files: [], type: 'APKG' }),
    });
    const listed = { latest: '1', files: [] };
    expect(element('pkgs.npms')).toEqual({
      '/virtual/npmpkg/e-1': {
        ...listed,
        name: 'e',
        versions: ['1', '2'],
        sourcepkg: 'e',
        lics: ['MIT'],
        origins: ['x'],
      },
    });
    expect(element('pkgs.gems')).toEqual({
      '/gems/f': { ...listed, name: 'f', versions: ['1'], sourcepkg: 'f', lics: [], origins: [] },
    });
    const site = '/virtual/pypkg/site-packages';
    const python = { ...described, version: '1', latest: '1', location: site, files: [], type: 'python' };
    expect(element('pkgs.python')).toEqual({
      [site]: { ...python, name: 'g' },
      [`${site}/h-1`]: { ...python, name: 'h', files: ['/h.py'], metadata: { k: 'v' } },
    });
    expect(element('pkgs.java')['/virtual/javapkg/i-1.jar']).toMatchObject({ 'maven-version': '1', type: 'java-jar' });
    expect(element('pkgs.go')['/virtual/gopkg/j-v1']).toMatchObject({
      ...described,
      name: 'j',
      version: 'v1',
      type: 'go',
    });
    expect(element('pkgs.binary')['/virtual/binarypkg/k-1']).toMatchObject({ name: 'k', license: 'X', files: [] });
    expect(report.warnings).toEqual([]);
  });

  it('takes nothing away from what was found, binaries excepted', async () => {
    const found = { name: 'app/package.json', content: '{"name":"found","version":"1"}' };
    const { element } = await catalog([
      found,
      { name: 'opt/busybox', content: 'BusyBox v1.36.1' },
      hints([
        { type: 'npm', name: 'hinted', version: '2', location: '/app/package.json' },
        { type: 'binary', name: 'hinted', version: '2', location: '/opt/busybox' },
      ]),
    ]);
    expect(element('pkgs.npms')['/app/package.json']?.['name']).toBe('found');
    expect(element('pkgs.binary')['/opt/busybox']?.['name']).toBe('hinted');
  });

  it('loses single records to mistakes, not the others', async () => {
    const { element, report, status } = await catalog([
      hints([
        null,
        { type: 'npm', name: 'x' },
        { type: 'toString', name: 'x', version: '1' },
        { type: 'apkg', name: 'x', version: '1' },
        { type: 'npm', name: 'x', version: '1', licenses: [1] },
        { type: 'npm', name: 'good', version: '1' },
      ]),
    ]);
    expect(Object.keys(element('pkgs.npms'))).toEqual(['/virtual/npmpkg/good-1']);
    expect(report.warnings).toHaveLength(5);
    expect(report.warnings[2]).toContain('"tostring" is not known');
    expect(status['hints']?.status).toBe('ok');
  });

  it.each(['{', '[]', 'null', '{"packages": {}}'])('is named when it cannot be used (%s)', async (content) => {
    const { status } = await catalog([{ name: 'anchore_hints.json', content }]);
    expect(status['hints']).toMatchObject({ status: 'failed', reason: expect.any(String) });
  });
});

import { detectDistro } from '../distro.js';
import { guessDockerfile } from '../documents/history.js';
import { catalog } from '../testing/catalog.js';

const LENGTH = 200_000;
const run = (character: string) => character.repeat(LENGTH);

/** Texts on which a careless expression needs a time that grows with the square of their length: hours, not milliseconds. */
describe('a text made to keep parsers busy', () => {
  it('does not keep them busy', async () => {
    const { image, report, status } = await catalog([
      { name: 'etc/os-release', content: `ID=${run(' ')}x\n${'NAME="\n'.repeat(LENGTH / 10)}` },
      { name: 'etc/redhat-release', content: `release${run(' ')}x` },
      {
        name: 'var/lib/dpkg/status',
        content: `Package: a\nStatus: install ok installed\nVersion: 1\nSource: a${run(' ')}x\nConffiles:\n ${run('/')}\n${run('\n')}`,
      },
      { name: 'usr/share/doc/a/copyright', content: `License: ${run('.')}x\n${run(' ')}\n` },
      { name: 'var/lib/dpkg/info/a.md5sums', content: `${'0'.repeat(32)}${run(' ')}\n${run('0')}` },
      { name: 'lib/apk/db/installed', content: `P:b\nV:1${run('-')}\nL:${run(' ')}x\nF:${run('/')}\na:${run('1')}\n` },
      { name: 'app/package.json', content: JSON.stringify({ name: run('-'), version: run('-a'), author: run(' <') }) },
      { name: 'app2/package.json', content: '['.repeat(LENGTH) },
      { name: 'x/specifications/g-1.gemspec', content: `${run('\n')}${run('s')}${'s.name = %q<'.repeat(LENGTH / 12)}` },
      {
        name: 'p/a-1.dist-info/METADATA',
        content: `Name: a\nVersion: 1\nAuthor-email: ${run('<')}${run(',')}\nLicense:${run(' ')}x`,
      },
      { name: 'p/a-1.dist-info/RECORD', content: `${run('"')}\n${run(',"')}\n` },
      { name: 'n/a/1/a.nuspec', content: `${'<!--'.repeat(LENGTH / 4)}` },
      { name: 'n/b/1/b.nuspec', content: `<metadata>${'<id '.repeat(LENGTH / 4)}` },
      { name: 'd/x.deps.json', content: `{"libraries":{"a/1":{"type":"package"}}}${run(' ')}` },
    ]);
    expect(Object.values(status).map((one) => one.status)).not.toContain('failed');
    expect([...report.element('pkgs.allinfo').keys()]).toEqual(['a', 'b']);
    expect([...report.element('pkgs.nuget').keys()]).toEqual(['/d/x.deps.json:a@1']);
    expect(detectDistro(image).DISTRO).toBe('x');
    const step = { Created: '', Comment: '', Id: '', Size: 0, Tags: [] };
    const history = [`RUN ${run(' ')}x`, `RUN ${run('|1 ')}`, `/bin/sh -c #(nop)${run(' ')}`, `${run('A')}# buildkit`];
    expect(guessDockerfile(history.map((CreatedBy) => ({ ...step, CreatedBy }))).split('\n')).toHaveLength(5);
  });
});

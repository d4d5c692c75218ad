import { squash } from './squash.js';
import { layer, type TestEntry } from './testing/layer-builder.js';

async function merge(...layers: TestEntry[][]) {
  return squash(await Promise.all(layers.map((entries) => layer(entries))));
}

async function paths(...layers: TestEntry[][]): Promise<string[]> {
  return [...(await merge(...layers)).entries].map((entry) => entry.path);
}

const hardLink = (name: string, linkname: string): TestEntry => ({ name, linkname, type: 'link' });
const symlink = (name: string, linkname: string): TestEntry => ({ name, linkname, type: 'symlink' });

describe('squash', () => {
  it('sorts whole paths by their UTF-16 code units, not folder by folder', async () => {
    const names = ['a/', 'a/b', 'a-b/', 'a-b/c', 'a.b', 'a0', '\u{1f600}', '\uffee'];
    const sorted = ['/a', '/a-b', '/a-b/c', '/a.b', '/a/b', '/a0', '/\u{1f600}', '/\uffee'];
    expect(await paths(names.map((name) => ({ name })))).toEqual(sorted);
    expect([...sorted].sort()).toEqual(sorted);
  });

  it('hides a file and a whole directory by whiteouts', async () => {
    const lower = [{ name: 'd/' }, { name: 'd/a' }, { name: 'd/s/' }, { name: 'd/s/x' }];
    expect(await paths(lower, [{ name: 'd/.wh.a' }, { name: 'd/.wh.s' }])).toEqual(['/d']);
  });

  it.each([
    ['before', [{ name: 'd/.wh..wh..opq' }, { name: 'd/a', content: 'new' }]],
    ['after', [{ name: 'd/a', content: 'new' }, { name: 'd/.wh..wh..opq' }]],
  ])('applies an opaque mark %s an entry to lower layers only', async (_where, upper) => {
    const image = await merge([{ name: 'd/' }, { name: 'd/a', content: 'old!' }, { name: 'd/b' }], upper);
    expect([...image.entries].map((entry) => [entry.path, entry.size])).toEqual([
      ['/d', 0],
      ['/d/a', 3],
    ]);
  });

  it('keeps an entry whose whiteout follows in the same layer', async () => {
    expect(await paths([{ name: 'a', content: 'old' }], [{ name: 'a' }, { name: '.wh.a' }])).toEqual(['/a']);
  });

  it('empties the root by an opaque mark at the top', async () => {
    expect(await paths([{ name: 'a' }, { name: 'b/c' }], [{ name: '.wh..wh..opq' }, { name: 'z' }])).toEqual(['/z']);
  });

  it('keeps directories that a layer does not restate and makes those that none states', async () => {
    const image = await merge(
      [
        { name: 'usr/', mode: 0o711 },
        { name: 'usr/bin/', mode: 0o750 },
      ],
      [{ name: 'usr/bin/b' }, { name: 'opt/x/y' }],
    );
    expect([...image.entries].map((entry) => [entry.path, entry.mode.toString(8)])).toEqual([
      ['/opt', '755'],
      ['/opt/x', '755'],
      ['/opt/x/y', '644'],
      ['/usr', '711'],
      ['/usr/bin', '750'],
      ['/usr/bin/b', '644'],
    ]);
  });

  it('drops the subtree when a link replaces a directory, and the file when a directory replaces it', async () => {
    const lower = [{ name: 'run/' }, { name: 'var/run/' }, { name: 'var/run/x' }, { name: 'f', content: 'x' }];
    const image = await merge(lower, [symlink('var/run', '/run'), { name: 'f/' }, { name: 'f/g' }]);
    expect([...image.entries].map((entry) => `${entry.path} ${entry.type}`)).toEqual([
      '/f dir',
      '/f/g file',
      '/run dir',
      '/var dir',
      '/var/run slink',
    ]);
  });

  it('takes the metadata of the upper directory and keeps what is in it', async () => {
    const image = await merge([{ name: 'd/', mode: 0o700 }, { name: 'd/a' }], [{ name: 'd/', mode: 0o555 }]);
    expect(image.get('/d')?.mode).toBe(0o555);
    expect(image.get('/d/a')).toBeDefined();
  });

  it('keeps what a hard link meant when its target changes or goes, across layers too', async () => {
    const image = await merge(
      [{ name: 'a', content: 'first' }, hardLink('same', 'a')],
      [hardLink('across', 'a')],
      [{ name: 'a', content: 'second, longer' }],
      [{ name: '.wh.a' }],
    );
    const sizes = [...image.entries].map((entry) => [entry.path, entry.type, entry.size, entry.md5]);
    const md5 = '8b04d5e3775d298e78455efc5ca404d5'; // printf first | md5sum
    expect(sizes).toEqual([
      ['/across', 'file', 5, md5],
      ['/same', 'file', 5, md5],
    ]);
  });

  it('names a hard link to nothing and leaves it out', async () => {
    const image = await merge([hardLink('l', 'gone'), { name: 'a' }]);
    expect([...image.entries].map((entry) => entry.path)).toEqual(['/a']);
    expect(image.warnings.join()).toContain('/l is a hard link to /gone');
  });

  it('follows a parent that is a link to a directory, as unpacking does', async () => {
    const lower = [{ name: 'usr/' }, { name: 'usr/lib/' }, symlink('lib', 'usr/lib'), { name: 'usr/lib/old' }];
    const image = await merge(lower, [{ name: 'lib/new' }, { name: 'lib/.wh.old' }]);
    expect([...image.entries].map((entry) => entry.path)).toEqual(['/lib', '/usr', '/usr/lib', '/usr/lib/new']);
    expect(image.canonicalPath('/lib/new')).toBe('/usr/lib/new');
  });

  it('ends at links that lead in a circle', async () => {
    const image = await merge([symlink('a', 'b'), symlink('b', 'a')], [{ name: 'a/x' }]);
    expect(image.get('/a/x')).toBeDefined();
    expect(image.resolve('/b/x')?.path).toBe('/a/x');
    const circle = await merge([symlink('c', 'c')]);
    expect(circle.resolve('/c')).toBeUndefined();
  });

  it('lets the later of two entries with one name in a layer win', async () => {
    const image = await merge([
      { name: 'a', content: '1' },
      { name: './a', content: '22' },
    ]);
    expect([...image.entries].map((entry) => [entry.path, entry.size])).toEqual([['/a', 2]]);
  });
});

import { ByteReader } from './byte-reader.js';
import { encodeBlock, FileBlock, packBlock } from './file-block.js';
import { DIGEST_BITS, FileTable, PACKAGED, type FileFacts } from './file-table.js';
import { splitBlocks } from './split-blocks.js';

const facts = (more: Partial<FileFacts> = {}): FileFacts => ({
  ...{ type: 'file', mode: 0o100644, uid: 0, gid: 0, size: 1, linkTarget: null },
  ...more,
});

function row(found: FileTable, path: string): number {
  const bytes = Buffer.from(path);
  return found.row(bytes, 0, bytes.length);
}

function table(files: Record<string, FileFacts>): FileTable {
  const found = new FileTable();
  for (const [path, file] of Object.entries(files)) found.describe(row(found, path), file);
  return found;
}

describe('a file table', () => {
  it('joins sections in any order, and knows only what is listed', () => {
    const found = new FileTable();
    for (const path of ['/z', '/b', '/unlisted', '/a']) found.flag(row(found, path), PACKAGED);
    for (const section of [['/a', '/b', '/c', '/z'], ['/c', '/z', '/a'], ['/b']]) {
      found.rewind();
      for (const path of section) found.describe(row(found, path), facts());
    }
    expect(Array.from(found.sortedRows(), (place) => found.paths.text(place))).toEqual(['/a', '/b', '/c', '/z']);
    expect(found.count).toBe(5);
  });

  it('has room for the digests of all rows', () => {
    const found = new FileTable();
    const at = Array.from({ length: 3000 }, (_item, number) => found.digestAt(row(found, `/${number}`), 'md5'));
    for (const [number, place] of at.entries()) found.digests.fill(number % 251, place, place + 16);
    expect(at.filter((place, number) => found.digests[place + 15] !== number % 251)).toEqual([]);
  });

  it('takes the second of two records of one path', () => {
    const found = new FileTable();
    for (const size of [1, 2]) for (const path of ['/b', '/a']) found.describe(row(found, path), facts({ size }));
    const sizes = Array.from(found.sortedRows(), (place) => [found.paths.text(place), found.sizes[place]]);
    expect(sizes).toEqual([
      ['/a', 2],
      ['/b', 2],
    ]);
  });

  it('finds the rows of many paths in any order', () => {
    const found = new FileTable();
    const paths = Array.from({ length: 5000 }, (_item, number) => `/${number % 7}/${number}`);
    for (const path of paths) found.describe(row(found, path), facts());
    found.rewind();
    for (const path of paths.toReversed()) expect(found.paths.text(row(found, path))).toBe(path);
    for (const path of paths) expect(row(found, `${path}/new`)).toBeGreaterThanOrEqual(5000);
    for (const path of paths) expect(row(found, `${path}/new`)).toBeLessThan(10_000);
    expect(found.count).toBe(10_000);
  });
});

describe('a file block', () => {
  it('is what the table was', () => {
    const found = table({
      '/bin': facts({ type: 'slink', linkTarget: 'usr/bin', mode: 0o120777, size: 7 }),
      '/dev/null': facts({ type: 'dev', mode: 0o20666 }),
      '/empty-link': facts({ type: 'slink', linkTarget: null }),
      '/etc': facts({ type: 'dir', mode: 0o40755, size: 0 }),
      '/ä': facts({ uid: 4294967295, gid: 65534, size: 2 ** 40 }),
    });
    found.rewind();
    const place = row(found, '/ä');
    found.digests.fill(0xab, found.digestAt(place, 'sha256'), found.digestAt(place, 'sha256') + 32);
    found.digests.fill(0xcd, found.digestAt(place, 'md5'), found.digestAt(place, 'md5') + 16);
    found.flag(place, DIGEST_BITS.sha256 | DIGEST_BITS.md5 | PACKAGED);
    const block = new FileBlock(packBlock(encodeBlock(found, found.sortedRows())));
    expect(block.count).toBe(5);
    const seen = ['type', 'mode', 'uid', 'gid', 'size', 'linkTarget', 'sha256', 'sha1', 'md5', 'packaged'] as const;
    const plain = (path: string) => {
      const file = block.find(path);
      return file && Object.fromEntries(seen.map((name) => [name, file[name]]));
    };
    const bare = { uid: 0, gid: 0, linkTarget: null, sha256: null, sha1: null, md5: null, packaged: false };
    expect(plain('/bin')).toEqual({ ...bare, type: 'slink', mode: 0o120777, size: 7, linkTarget: 'usr/bin' });
    expect(plain('/dev/null')).toEqual({ ...bare, type: 'dev', mode: 0o20666, size: 1 });
    expect(plain('/etc')).toEqual({ ...bare, type: 'dir', mode: 0o40755, size: 0 });
    expect(plain('/ä')).toEqual({
      ...{ type: 'file', mode: 0o100644, uid: 4294967295, gid: 65534, size: 2 ** 40, linkTarget: null },
      ...{ sha256: 'ab'.repeat(32), sha1: null, md5: 'cd'.repeat(16), packaged: true },
    });
    expect(plain('/bin/ls')).toBeUndefined();
    expect(block.at(0).path).toBe('/bin');
  });
});

describe('a path', () => {
  it('is found in any order, among paths that UTF-16 orders otherwise', () => {
    const paths = ['/a', '/b', '/\ue000', '/\uffee', '/\u{1f600}', '/\u{1f600}/x', '/\ud7ff', '/z/é'];
    const found = table(Object.fromEntries(paths.map((path, at) => [path, facts({ size: at })])));
    const block = new FileBlock(packBlock(encodeBlock(found, found.sortedRows())));
    for (const order of [paths, paths.toReversed(), [...paths].sort()]) {
      for (const path of order) {
        expect(block.find(path)?.size).toBe(paths.indexOf(path));
        expect(block.find(`${path}!`)).toBeUndefined();
      }
    }
    expect(Array.from(block.files(), ({ path }) => path)).toEqual(
      paths.toSorted((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b))),
    );
  });
});

describe('the paths of a block', () => {
  const packed = (paths: string[]) => {
    const found = table(Object.fromEntries(paths.map((path) => [path, facts()])));
    return packBlock(encodeBlock(found, found.sortedRows()));
  };

  it.each([
    ['short ones and an empty one', ['', '/', '/a', '/a/b']],
    ['one without ASCII among others', ['/a/b', '/a/ä', '/a/\u{1f600}b', '/b']],
    ['longer ones than a length of one byte tells', ['/a', `/${'a'.repeat(300)}`, `/${'a'.repeat(299)}b`]],
    ['more than a list mostly has', Array.from({ length: 300 }, (_item, at) => `/${1000 + at}${'x'.repeat(2000)}`)],
  ])('are read as they were: %s', (_what, paths) => {
    const first = new FileBlock(packed(paths));
    // What is read later must not change what was read before.
    expect(new FileBlock(packed(['/other', '/others'])).path(1)).toBe('/others');
    expect(Array.from(first.files(), ({ path }) => path)).toEqual(
      paths.toSorted((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b))),
    );
  });

  it('are refused when they end too early or share what is not there', () => {
    const paths = (...bytes: number[]) => new ByteReader(Buffer.from(bytes)).paths(2);
    expect(paths(0, 1, 97, 1, 1, 98)).toEqual(['a', 'ab']);
    expect(() => paths(0, 1, 97, 2, 1, 98)).toThrow('shares more of a path than there is');
    expect(() => paths(0, 1, 97, 1, 2, 98)).toThrow('ends too early');
    expect(() => paths(0, 1, 97)).toThrow('ends too early');
  });
});

describe('the cut of a tree', () => {
  const tree = (paths: string[]) => table(Object.fromEntries(paths.map((path) => [path, facts()])));
  const cut = (paths: string[]) => {
    const found = tree(paths);
    return [...splitBlocks(found, found.sortedRows())].map((rows) =>
      Array.from(rows, (place) => found.paths.text(place)),
    );
  };
  const paths = Array.from({ length: 30_000 }, (_item, number) => `/usr/share/p${number % 300}/f${number}`);

  it('loses nothing and gives blocks of a useful size', () => {
    const blocks = cut(paths);
    expect(blocks.flat()).toEqual([...paths].sort());
    expect(Math.max(...blocks.map((block) => block.length))).toBeLessThanOrEqual(2048);
    expect(blocks.length).toBeGreaterThan(30);
    expect(blocks.length).toBeLessThan(120);
    expect(cut([])).toEqual([]);
    expect(cut(['/a'])).toEqual([['/a']]);
  });

  it('stays the same around files that come and go', () => {
    const known = new Set(cut(paths).map((block) => block.join('\n')));
    const others = paths.filter((_path, at) => at !== 15_000).concat(['/srv/new', '/usr/share/p7/new']);
    const fresh = cut(others).filter((block) => !known.has(block.join('\n')));
    expect(fresh.length).toBeLessThan(9);
  });
});

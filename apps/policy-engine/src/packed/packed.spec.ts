import { encodeBlock, FileBlock, packBlock } from './file-block.js';
import { DIGEST_BITS, FileTable, PACKAGED, type FileFacts } from './file-table.js';
import { encodeEntries, packEntries, unpackEntries, type PackagedPath } from './package-entries.js';
import { splitBlocks } from './split-blocks.js';

const entry = (path: string, more: Partial<PackagedPath> = {}): PackagedPath => ({
  ...{ path, isConfigFile: false, digest: null, digestAlgorithm: null },
  ...{ mode: null, size: null, userName: null, groupName: null },
  ...more,
});

describe('a packed entry list', () => {
  const entries = [
    entry('/'),
    entry('/etc/ä 😀', { isConfigFile: true, digest: 'ab'.repeat(16), digestAlgorithm: 'md5' }),
    entry('/etc/ä 😁', { digest: 'AB', digestAlgorithm: 'sha999', mode: 0o100755, size: 2 ** 53 - 1 }),
    entry('/etc/empty', { digest: '', mode: 0, size: 0, userName: 'root', groupName: '' }),
    entry(`/${'x/'.repeat(3000)}`, { digest: 'DIRECTORY_OR_OTHER', userName: 'daemon', groupName: 'root' }),
    entry('/usr', { digest: 'abc', size: 2 ** 31 }),
  ];

  it('is what it was before', async () => {
    expect(unpackEntries(await packEntries(encodeEntries(entries)))).toEqual(entries);
    expect(unpackEntries(await packEntries(encodeEntries([])))).toEqual([]);
  });

  it('is the same for equal lists and different for others', () => {
    const text = (list: PackagedPath[]) => JSON.stringify(encodeEntries(list));
    expect(text(structuredClone(entries))).toBe(text(entries));
    const changed = entries.map((item, at) => (at === 3 ? { ...item, mode: 1 } : item));
    expect(text(changed)).not.toBe(text(entries));
  });

  it('of few bytes a file', async () => {
    const many = Array.from({ length: 500 }, (_item, number) =>
      entry(`/usr/share/doc/package/part-${number}.html`, { digest: md5(number), digestAlgorithm: 'md5' }),
    );
    const packed = await packEntries(encodeEntries(many));
    expect(packed.length / many.length).toBeLessThan(16 + 6);
  });

  it('that is damaged gives an error', async () => {
    const packed = await packEntries(encodeEntries(entries));
    expect(() => unpackEntries(packed.subarray(0, packed.length - 3))).toThrow(RangeError);
    expect(() => unpackEntries(Buffer.concat([Buffer.from([5]), packed]))).toThrow();
  });
});

const facts = (more: Partial<FileFacts> = {}): FileFacts => ({
  ...{ type: 'file', mode: 0o100644, uid: 0, gid: 0, size: 1, linkTarget: null },
  ...more,
});

function table(files: Record<string, FileFacts>): FileTable {
  const found = new FileTable();
  for (const [path, file] of Object.entries(files)) found.describe(found.row(path), file);
  return found;
}

describe('a file table', () => {
  it('joins sections in any order, and knows only what is listed', () => {
    const found = new FileTable();
    for (const path of ['/z', '/b', '/unlisted', '/a']) found.flag(found.row(path), PACKAGED);
    for (const section of [['/a', '/b', '/c', '/z'], ['/c', '/z', '/a'], ['/b']]) {
      found.rewind();
      for (const path of section) found.describe(found.row(path), facts());
    }
    const paths = Array.from(found.sortedRows(), (row) => found.paths[row]);
    expect(paths).toEqual(['/a', '/b', '/c', '/z']);
    expect(new Set(found.paths).size).toBe(found.paths.length);
  });
});

describe('a file block', () => {
  it('is what the table was', async () => {
    const found = table({
      '/bin': facts({ type: 'slink', linkTarget: 'usr/bin', mode: 0o120777, size: 7 }),
      '/dev/null': facts({ type: 'dev', mode: 0o20666 }),
      '/empty-link': facts({ type: 'slink', linkTarget: null }),
      '/etc': facts({ type: 'dir', mode: 0o40755, size: 0 }),
      '/ä': facts({ uid: 4294967295, gid: 65534, size: 2 ** 40 }),
    });
    found.rewind();
    const row = found.row('/ä');
    found.digests.fill(0xab, found.digestAt(row, 'sha256'), found.digestAt(row, 'sha256') + 32);
    found.digests.fill(0xcd, found.digestAt(row, 'md5'), found.digestAt(row, 'md5') + 16);
    found.flag(row, DIGEST_BITS.sha256 | DIGEST_BITS.md5 | PACKAGED);
    const block = new FileBlock(await packBlock(encodeBlock(found, found.sortedRows())));
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

describe('the cut of a tree', () => {
  const tree = (paths: string[]) => table(Object.fromEntries(paths.map((path) => [path, facts()])));
  const cut = (paths: string[]) => {
    const found = tree(paths);
    return [...splitBlocks(found, found.sortedRows())].map((rows) => Array.from(rows, (row) => found.paths[row]));
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

function md5(seed: number): string {
  let text = '';
  for (let at = 0, state = seed + 1; at < 32; at += 1) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    text += (state >>> 28).toString(16);
  }
  return text;
}

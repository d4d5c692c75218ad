import { EntryTable } from './entry-table.js';
import type { LayerEntry } from './layer-inventory.js';

const plain = { type: 'file', mode: 0o644, uid: 0, gid: 0, size: 0, mtime: 0 } as const;
const digests = { sha1: '0f'.repeat(20), sha256: 'a1'.repeat(32), md5: '9e'.repeat(16) };

describe('EntryTable', () => {
  it.each<[string, LayerEntry]>([
    ['a file with digests', { path: '/usr/bin/env', ...plain, size: 48_536, mode: 0o4755, ...digests }],
    ['a file without digests', { path: '/sparse', ...plain }],
    ['a file with some digests', { path: '/old', ...plain, md5: digests.md5 }],
    ['a link', { path: '/bin', ...plain, type: 'slink', linkTarget: 'usr/bin' }],
    ['a link to nothing', { path: '/empty', ...plain, type: 'slink', linkTarget: '' }],
    ['names beyond ASCII', { path: '/caf\u00e9/\u{1f600}', ...plain, type: 'hardlink', linkTarget: '/\u4e16\u754c' }],
    ['the largest numbers of a tar header', { path: '/x', ...plain, uid: 2 ** 53 - 1, gid: 2 ** 40, size: 8 ** 11 }],
    ['times before 1970 and fractions', { path: '/x', ...plain, mtime: -1.5 }],
    ['a name larger than a chunk', { path: `/${'n'.repeat(3_000_000)}`, ...plain, ...digests }],
  ])('keeps %s', (_what, entry) => {
    const table = EntryTable.of([{ path: '/before', ...plain }, entry, { path: '/after', ...plain, type: 'dir' }]);
    expect(table.at(1)).toEqual(entry);
    expect([table.at(0)?.path, table.at(2)?.path, table.at(2)?.type]).toEqual(['/before', '/after', 'dir']);
  });

  it('keeps many entries in their order', () => {
    const entries = Array.from({ length: 30_000 }, (_, index) => ({
      path: `/d/${index}`,
      ...plain,
      size: index,
      ...digests,
    }));
    const table = EntryTable.of(entries);
    expect(table).toHaveLength(30_000);
    expect([...table]).toEqual(entries);
    expect(table.at(30_000)).toBeUndefined();
  });

  it.each([
    ['type', { type: 'door' }],
    ['digest', { sha256: 'a1' }],
    ['digest', { md5: 'x'.repeat(32) }],
  ])('refuses what is no %s', (_what, wrong) => {
    const table = new EntryTable();
    expect(() => table.add({ path: '/x', ...plain, ...wrong } as LayerEntry)).toThrow(RangeError);
    expect(table).toHaveLength(0);
  });
});

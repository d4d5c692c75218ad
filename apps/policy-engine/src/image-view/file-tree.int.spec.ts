import { createTestDatabase, type TestDatabase } from '@kedge/database/testing';
import { createHash } from 'node:crypto';
import { encodeBlock, packBlock } from '../packed/file-block.js';
import { DIGEST_BITS, FileTable } from '../packed/file-table.js';
import { contentCaches } from './content-cache.js';
import { FileTree } from './file-tree.js';

/** A name that does not compress. */
const nameOf = (number: number) => createHash('sha256').update(String(number)).digest('hex');

describe('a file tree', () => {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await createTestDatabase();
  });
  afterAll(() => database.drop());

  /** Stores one block of so many files; answers its id and how many bytes the length in its head takes. */
  async function store(top: string, count: number): Promise<{ id: string; paths: string[]; lengthBytes: number }> {
    const table = new FileTable();
    const paths = Array.from({ length: count }, (_item, number) => `/${top}/${nameOf(number)}`).sort();
    for (const path of paths) {
      const bytes = Buffer.from(path);
      const row = table.row(bytes, 0, bytes.length);
      table.describe(row, { type: 'file', mode: 0o104755, uid: 1, gid: 2, size: 300, linkTarget: null });
      table.digests.fill(7, table.digestAt(row, 'sha256'), table.digestAt(row, 'sha256') + 32);
      table.flag(row, DIGEST_BITS.sha256);
    }
    const packed = packBlock(encodeBlock(table, table.sortedRows()));
    const [row] = await database.sql.query<{ id: string }>(
      `INSERT INTO file_block (digest, first_path, file_count, files) VALUES ($1, $2, $3, $4) RETURNING id`,
      [Buffer.from(top), paths[0], count, packed],
    );
    return { id: row?.id ?? '', paths, lengthBytes: packed.findIndex((byte) => byte < 0x80) + 1 };
  }

  it('lists blocks of any length without their digests, and has these when it is asked', async () => {
    const blocks = [await store('a', 1), await store('b', 100), await store('c', 1000)];
    expect(blocks.map(({ lengthBytes }) => lengthBytes)).toEqual([1, 2, 3]);
    const { files: cache } = contentCaches();
    const ids = blocks.map(({ id }) => id);
    // Neither what is listed nor what is looked up may be taken for the other in the cache.
    for (let time = 0; time < 2; time += 1) {
      const tree = new FileTree(database.sql, 'image', ids, cache);
      const listed: string[] = [];
      for await (const run of tree.all()) {
        for (const { path, mode, uid, size, packaged } of run) {
          expect([mode, uid, size, packaged]).toEqual([0o104755, 1, 300, false]);
          listed.push(path);
        }
      }
      expect(listed).toEqual(blocks.flatMap(({ paths }) => paths));
      const found = await tree.at([blocks[1]?.paths[50] ?? '', '/none']);
      expect(found.map((file) => file && [file.path, file.sha256, file.md5])).toEqual([
        [blocks[1]?.paths[50], '07'.repeat(32), null],
        undefined,
      ]);
    }
  });
});

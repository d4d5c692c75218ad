import { upgradeSchema } from '@kedge/database';
import { createTestDatabase } from '@kedge/database/testing';
import { builtinDrivers } from '@kedge/drivers';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';

it('reads content of every length before and after short content moved into the row of its object', async () => {
  const { sql, dataSource, drop } = await createTestDatabase();
  try {
    const driver = builtinDrivers().createDriver({ name: 'db', config: {} }, { sql });
    const contents = new Map<string, Buffer>();
    for (const length of [0, 1, 1024 * 1024, 1024 * 1024 + 1]) {
      const bytes = Buffer.alloc(length, length % 251);
      const address = { account: 'admin', bucket: 'b', key: `k${length}`, unique: `u${length}` };
      contents.set((await driver.put(address, Readable.from([bytes], { objectMode: false }))).uri, bytes);
    }
    const inRows = () => sql.query('SELECT 1 FROM kedge_object WHERE data IS NOT NULL');
    const hasColumn = () =>
      sql.query(`SELECT 1 FROM information_schema.columns WHERE table_name = 'kedge_object' AND column_name = 'data'`);
    expect(await inRows()).toHaveLength(3);
    while ((await hasColumn()).length > 0) await dataSource.undoLastMigration();
    await upgradeSchema(dataSource);
    expect(await inRows()).toEqual([]);
    for (const [uri, bytes] of contents) expect((await buffer(await driver.get(uri))).equals(bytes)).toBe(true);
  } finally {
    await drop();
  }
});

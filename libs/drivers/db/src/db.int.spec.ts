import {
  address,
  createTestDatabase,
  describeDriver,
  describeObjectStore,
  failing,
  killedPuts,
  largeStream,
  MAX_RSS_MB,
  MIB,
} from '@kedge/object-store/testing';
import { DbDriver } from './db-driver.js';

async function makeDriver() {
  const { sql, url, drop } = await createTestDatabase();
  const driver = new DbDriver(sql);
  await driver.init();
  return { driver, sql, url, teardown: drop, another: async () => new DbDriver(sql) };
}

describeDriver('db', makeDriver);

describeObjectStore('db', async () => {
  const made = await makeDriver();
  const alter = async (uri: string, bytes: Buffer): Promise<void> => {
    const version = uri.split('?v=')[1];
    await made.sql.transaction(async (tx) => {
      const rows = await tx.query<{ id: string }>('SELECT id FROM kedge_object WHERE version = $1', [version]);
      const id = rows[0]?.id;
      await tx.query('DELETE FROM kedge_object_chunk WHERE object_id = $1', [id]);
      await tx.query('INSERT INTO kedge_object_chunk (object_id, seq, data) VALUES ($1, 0, $2)', [id, bytes]);
      await tx.query('UPDATE kedge_object SET size = $2, data = NULL WHERE id = $1', [id, bytes.length]);
    });
  };
  return { ...made, alter };
});

describe('database driver', () => {
  let made: Awaited<ReturnType<typeof makeDriver>>;
  beforeAll(async () => {
    made = await makeDriver();
  });
  afterAll(() => made.teardown());

  it('removes the rows of an upload that failed', async () => {
    const { sql, driver } = made;
    await expect(driver.put(address(), failing(9 * MIB, new Error('broken')))).rejects.toThrow('broken');
    expect(await sql.query('SELECT id FROM kedge_object')).toEqual([]);
    expect(await sql.query('SELECT seq FROM kedge_object_chunk')).toEqual([]);
  });

  it('clears away uploads that a crash left a day ago, and only those', async () => {
    const { sql, driver } = made;
    const insert = `INSERT INTO kedge_object (account, bucket, key, version, size, complete, touched_at)
       VALUES ('a', 'b', $1, 'v', 0, $2, now() - $3::interval)`;
    await sql.query(insert, ['abandoned', false, '25 hours']);
    await sql.query(insert, ['running', false, '1 hour']);
    await sql.query(insert, ['old', true, '25 hours']);
    await driver.init();
    const left = await sql.query<{ key: string }>('SELECT key FROM kedge_object ORDER BY key');
    expect(left.map(({ key }) => key)).toEqual(['old', 'running']);
    const listed: string[] = [];
    for await (const { uri } of driver.list()) listed.push(uri);
    expect(listed).toEqual(['db://a/b/old?v=v']);
  });

  it('tells that the schema is missing', async () => {
    const { sql } = made;
    await sql.query('ALTER TABLE kedge_object RENAME TO kedge_object_away');
    await expect(new DbDriver(sql).init()).rejects.toMatchObject({
      code: 'invalid_config',
      message: expect.stringContaining('run the database upgrade first') as unknown,
    });
    await sql.query('ALTER TABLE kedge_object_away RENAME TO kedge_object');
  });
});

it('keeps every object whole when its writer is killed at any moment', async () => {
  const { driver, sql, url: databaseUrl, teardown } = await makeDriver();
  const kills = 25;
  const { met } = await killedPuts({ driver, sql, databaseUrl, plugin: '@kedge/driver-db', config: {}, kills });
  expect(met).toBeGreaterThan(kills);
  await teardown();
}, 120_000);

it('streams long content in little memory', async () => {
  const { url: databaseUrl, drop } = await createTestDatabase();
  const { peakRssMb } = await largeStream({ plugin: '@kedge/driver-db', config: {}, databaseUrl });
  expect(peakRssMb).toBeLessThan(MAX_RSS_MB);
  await drop();
}, 180_000);

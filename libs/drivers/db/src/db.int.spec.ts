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
  noise,
  pieces,
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

  describe('frees the room of deleted content', () => {
    const rowsOf = async (): Promise<number[]> => {
      const counts = await made.sql.query<{ objects: string; chunks: string }>(
        `SELECT (SELECT count(*) FROM kedge_object) AS objects, (SELECT count(*) FROM kedge_object_chunk) AS chunks`,
      );
      return [Number(counts[0]?.objects), Number(counts[0]?.chunks)];
    };
    const filesOf = async (): Promise<unknown> =>
      made.sql.query(
        `SELECT pg_relation_filenode('kedge_object') AS file, pg_table_size('kedge_object_chunk') AS size`,
      );

    beforeEach(() => made.sql.query('TRUNCATE kedge_object, kedge_object_chunk'));

    it('as files, when nothing else is there', async () => {
      const { driver } = made;
      const empty = await filesOf();
      const stored = [
        await driver.put(address(), pieces(noise(10))),
        await driver.put(address(), pieces(noise(3 * MIB))),
      ];
      await driver.deleteMany(
        stored.map(({ uri }) => uri),
        { roomLater: true },
      );
      expect(await rowsOf()).toEqual([2, 3]);
      await driver.reclaim();
      expect(await rowsOf()).toEqual([0, 0]);
      expect(await filesOf()).not.toEqual(empty); // other files,
      expect(await filesOf()).toMatchObject([{ size: (empty as { size: string }[])[0]?.size }]); // as small
    });

    it('row by row, when an upload is on its way', async () => {
      const { driver, sql } = made;
      await sql.query(
        `INSERT INTO kedge_object (account, bucket, key, version, size, complete) VALUES ('a', 'b', 'on its way', 'v', 0, false)`,
      );
      const { uri } = await driver.put(address(), pieces(noise(3 * MIB)));
      await driver.deleteMany([uri], { roomLater: true });
      await driver.reclaim();
      expect(await rowsOf()).toEqual([1, 0]);
    });

    it('row by row, when a backup is reading the tables', async () => {
      const { driver, sql } = made;
      const { uri } = await driver.put(address(), pieces(noise(3 * MIB)));
      await driver.deleteMany([uri], { roomLater: true });
      await sql.transaction(async (backup) => {
        await backup.query('LOCK TABLE kedge_object IN ACCESS SHARE MODE');
        await driver.reclaim();
      });
      expect(await rowsOf()).toEqual([0, 0]);
    });

    it('at the next start, when the process that deleted it was killed', async () => {
      const { driver } = made;
      const { uri } = await driver.put(address(), pieces(noise(3 * MIB)));
      await driver.deleteMany([uri], { roomLater: true });
      await driver.init();
      expect(await rowsOf()).toEqual([0, 0]);
    });
  });

  it('refuses content that is longer than its row says', async () => {
    const { driver, sql } = made;
    for (const bytes of [100_000, 6 * MIB]) {
      const { uri } = await driver.put(address(), pieces(noise(bytes)));
      await sql.query('UPDATE kedge_object SET size = 60000 WHERE size = $1', [bytes]);
      const message = expect.stringContaining(`content ${uri} is longer than recorded`) as unknown;
      await expect(driver.get(uri)).rejects.toMatchObject({ code: 'integrity', message });
    }
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

import { EmbeddedPostgres } from '@kedge/database';
import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { listMigrations, type MoveStep } from './index.js';
import type { ChildOrder } from './testing/move-in-child.js';
import { buildHouse, contentOf, countLocations, type House } from './testing/moving-house.js';

/** The compiled child; `npm test` builds before it tests. */
const CHILD = join(__dirname, '../dist/testing/move-in-child.js');
const OBJECTS = 24;
const WORKERS = 4;

function start(order: ChildOrder): ChildProcessByStdio<null, Readable, Readable> {
  return spawn(process.execPath, [CHILD, JSON.stringify(order)], { stdio: ['ignore', 'pipe', 'pipe'] });
}

async function run(order: ChildOrder): Promise<{ code: number | null; signal: string | null; stderr: string }> {
  const child = start(order);
  let stderr = '';
  child.stdout.resume();
  child.stderr.on('data', (data: Buffer) => (stderr += data.toString()));
  const [code, signal] = (await once(child, 'close')) as [number | null, string | null];
  return { code, signal, stderr };
}

/** Every object can be read and is what was put, wherever it is. */
async function expectNothingLost(house: House, files: Awaited<ReturnType<House['side']>>): Promise<void> {
  const store = house.store(files, await house.side('db'));
  const rows = await store.pageMetadata({ limit: 1000 });
  expect(rows).toHaveLength(OBJECTS);
  for (const row of rows) {
    const chunks: Buffer[] = [];
    for await (const chunk of await store.openStored(row)) chunks.push(chunk as Buffer);
    expect(Buffer.concat(chunks).toString()).toBe(contentOf(Number(row.key.slice(1))));
  }
}

describe('a migration that is killed', () => {
  const moments: [MoveStep, number][] = (['copied', 'verified', 'switched', 'deleted'] as const).flatMap((step) => [
    [step, 1],
    [step, 9],
  ]);

  it.each(moments)(
    'when an object was %s (%i. time) loses nothing, and the same command finishes it',
    async (step, time) => {
      const house = await buildHouse();
      try {
        const [db, files] = [await house.side('db'), await house.side('files')];
        await house.fill(house.store(db), OBJECTS);
        const order = { url: house.database.url, from: 'db', to: join(house.directory, 'files'), workers: WORKERS };
        expect(await run({ ...order, killAt: { step, time } })).toMatchObject({ signal: 'SIGKILL' });
        await expectNothingLost(house, files);
        expect((await listMigrations(house.database.sql)).map(({ state }) => state)).toEqual(['interrupted']);

        expect(await run(order)).toMatchObject({ code: 0, stderr: '' });
        await expectNothingLost(house, files);
        const records = await listMigrations(house.database.sql);
        expect(records).toMatchObject([{ state: 'complete', archive_documents_migrated: OBJECTS }]);
        expect(await countLocations(db.driver)).toBe(0);
        // Copies that were on their way at the kill were cleared away.
        expect(await countLocations(files.driver)).toBe(OBJECTS);
      } finally {
        await house.tearDown();
      }
    },
    60_000,
  );
});

describe('a migration that is killed in the middle of copies', () => {
  it('leaves no rest of them at the destination when it has gone on', async () => {
    const house = await buildHouse();
    try {
      const [files, db] = [await house.side('files'), await house.side('db')];
      await house.fill(house.store(files), OBJECTS);
      const order = { url: house.database.url, from: join(house.directory, 'files'), to: 'db', workers: WORKERS };
      const child = start({ ...order, bytesPerSecond: 300_000 });
      const closed = once(child, 'close');
      await moved(child, 3);
      child.kill('SIGKILL');
      await closed;
      const { sql } = house.database;
      const intended = await sql.query<{ uri: string }>(
        `SELECT unnest(intended) AS uri FROM data_migration_object WHERE state = 'pending'`,
      );
      expect(intended.length).toBeGreaterThan(WORKERS);
      // Somebody's row that points to an intended location keeps its content.
      const [precious = { uri: '' }] = intended;
      const { account, bucket, key, unique } = addressOf(precious.uri);
      await db.driver.delete(precious.uri);
      await db.driver.put({ account, bucket, key, unique }, Readable.from([Buffer.from('precious')]));
      await sql.query(
        `INSERT INTO archive_metadata (bucket, "archiveId", "userId", "documentName", content_url, is_compressed, size, created_at, last_updated)
         VALUES ('kept', 'kept', 'admin', 'kept', $1, false, 8, 0, 0)`,
        [precious.uri],
      );

      expect(await run(order)).toMatchObject({ code: 0, stderr: '' });
      expect(await countLocations(db.driver)).toBe(OBJECTS + 1);
      expect(await sql.query(`SELECT 1 FROM kedge_object`)).toHaveLength(OBJECTS + 1);
      const kept = await house.store(db).get({ account: 'admin', bucket: 'kept', key: 'kept' });
      expect(kept && (await text(kept.body))).toBe('precious');
    } finally {
      await house.tearDown();
    }
  }, 60_000);
});

/** `db://account/bucket/key?v=unique` in its parts. */
function addressOf(uri: string): { account: string; bucket: string; key: string; unique: string } {
  const [, account = '', bucket = '', key = '', unique = ''] =
    /^db:\/\/([^/]+)\/([^/]+)\/(.+)\?v=(.+)$/.exec(uri) ?? [];
  return { account, bucket, key, unique };
}

/** Resolves when a child has moved so many objects. */
function moved(child: ReturnType<typeof start>, objects: number): Promise<void> {
  return new Promise((resolve) => {
    child.stdout.on('data', (data: Buffer) => {
      if (Number(data.toString().trim().split('\n').at(-1)) >= objects) resolve();
    });
  });
}

it('lets one of two runs at once through; the other says who is at work', async () => {
  const house = await buildHouse();
  try {
    const [db, files] = [await house.side('db'), await house.side('files')];
    await house.fill(house.store(db), OBJECTS);
    const order = { url: house.database.url, from: 'db', to: join(house.directory, 'files'), workers: WORKERS };
    const first = start({ ...order, bytesPerSecond: 300_000 });
    const closed = once(first, 'close');
    await moved(first, 1);
    first.kill('SIGSTOP'); // however long the second takes to start, the first is not done
    const second = await run(order);
    first.kill('SIGCONT');
    expect([second.code, second.stderr]).toEqual([
      3,
      expect.stringMatching(`locked: .*migration 1, run by .*:${first.pid}:`),
    ]);
    expect(await closed).toEqual([0, null]);
    await expectNothingLost(house, files);
    expect(await listMigrations(house.database.sql)).toMatchObject([{ state: 'complete' }]);
  } finally {
    await house.tearDown();
  }
}, 60_000);

describe('a database that is restarted in the middle', () => {
  it('stops the migration with a clear word, and the same command finishes it', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'kedge-pg-'));
    await chmod(directory, 0o755);
    const former = process.env['KEDGE_TEST_PG_URL'];
    let server = await EmbeddedPostgres.start({ directory, durable: false });
    process.env['KEDGE_TEST_PG_URL'] = server.url;
    const house = await buildHouse();
    try {
      const [db, files] = [await house.side('db'), await house.side('files')];
      await house.fill(house.store(db), OBJECTS);
      const order = { url: house.database.url, from: 'db', to: join(house.directory, 'files'), workers: 1 };
      const child = start({ ...order, bytesPerSecond: 200_000 });
      const closed = once(child, 'close') as Promise<[number]>;
      let stderr = '';
      child.stderr.on('data', (data: Buffer) => (stderr += data.toString()));
      await moved(child, 3);
      await server.stop();
      server = await EmbeddedPostgres.start({ directory, durable: false });
      const [code] = await closed;
      expect([code, stderr]).toEqual([3, expect.stringContaining('connection_lost')]);
      expect(await run(order)).toMatchObject({ code: 0 });
      await expectNothingLost(house, files);
      expect(await countLocations(db.driver)).toBe(0);
    } finally {
      process.env['KEDGE_TEST_PG_URL'] = server.url;
      await house.tearDown();
      process.env['KEDGE_TEST_PG_URL'] = former;
      await server.stop();
      await rm(directory, { recursive: true, force: true });
    }
  }, 90_000);
});

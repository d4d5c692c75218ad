import { createTestDatabase, type TestDatabase } from '@kedge/database/testing';
import { builtinDrivers } from '@kedge/drivers';
import { ObjectStore, type StorageDriver } from '@kedge/object-store';
import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { stringify } from 'yaml';
import type { Ended } from '../testing/deployment.js';
import { SmallDisk } from '../testing/small-disk.js';

/** Half of them long: together they need twice the room that there is at first. */
const OBJECTS = 40;
const [SHORT, LONG] = [8 * 1024, 96 * 1024];
const ROOM_KIB = 1024;
const LONGEST_KIB = 32;

let database: TestDatabase;
let folder: string;
let disk: SmallDisk;
let db: StorageDriver;
let files: { from: string; to: string };

beforeEach(async () => {
  database = await createTestDatabase();
  folder = await mkdtemp(join(tmpdir(), 'kedge-full-'));
  await mkdir(join(folder, 'disk'));
  disk = await SmallDisk.mount(join(folder, 'disk'), ROOM_KIB, LONGEST_KIB);
  db = builtinDrivers().createDriver({ name: 'db', config: {} }, { sql: database.sql });
  const compression = { enabled: false, min_size_kbytes: 0, codec: 'zstd' as const };
  const store = new ObjectStore({ driver: db, sql: database.sql, compression });
  const keys = Array.from({ length: OBJECTS }, (_, n) => `k${n}`);
  await Promise.all(keys.map((key) => store.put({ account: 'admin', bucket: 'analysis_data', key }, contentOf(key))));
  files = {
    from: await config('from.yaml', { name: 'db', config: {} }),
    to: await config('to.yaml', { name: 'localfs', config: { archive_data_dir: join(folder, 'disk', 'objects') } }),
  };
}, 60_000);
afterEach(async () => {
  await disk.unmount();
  await db.close();
  await database.drop();
  await rm(folder, { recursive: true });
});

function contentOf(key: string): string {
  const n = Number(key.slice(1));
  return createHash('sha256')
    .update(key)
    .digest('hex')
    .repeat(LONG)
    .slice(0, n % 2 === 0 ? SHORT : LONG);
}

async function config(name: string, driver: object): Promise<string> {
  const file = join(folder, name);
  await writeFile(file, stringify({ services: { catalog: { object_store: { storage_driver: driver } } } }));
  return file;
}

function manager(...args: string[]): Promise<Ended> {
  return disk.runManager(['--json', 'objectstorage', '--db-connect', database.url, ...args]);
}

/** Every row's content is what was put, wherever the row says it is. Answers how many are on the disk. */
async function expectNothingLost(): Promise<number> {
  const rows = await database.sql.query<{ key: string; uri: string }>(
    'SELECT "archiveId" AS key, content_url AS uri FROM archive_metadata',
  );
  expect(rows).toHaveLength(OBJECTS);
  let moved = 0;
  for (const { key, uri } of rows) {
    if (uri.startsWith('file:')) moved += 1;
    const content = uri.startsWith('file:')
      ? await readFile(disk.seen(fileURLToPath(uri)))
      : Buffer.concat(await Array.fromAsync((await db.get(uri)) as AsyncIterable<Buffer>));
    expect([key, content.toString() === contentOf(key)]).toEqual([key, true]);
  }
  return moved;
}

async function contentInDatabase(): Promise<number> {
  return (await Array.fromAsync(db.list())).length;
}

/** Files on the disk, half written ones too. */
async function filesOnDisk(): Promise<number> {
  const found = await readdir(disk.seen(join(folder, 'disk')), { recursive: true, withFileTypes: true });
  return found.filter((entry) => entry.isFile()).length;
}

interface Report {
  moved: number;
  failed: number;
  open: number;
}

/** Runs a migration into a disk without room enough for what is left, and requires that its report is true. */
async function expectFull(left: number): Promise<Report> {
  const { code, stdout, stderr } = await manager('migrate', '--dontask', files.from, files.to);
  const report = JSON.parse(stdout) as Report;
  expect([code, report]).toEqual([1, expect.objectContaining({ complete: false, gone: 0, sourcesLeft: 0 })]);
  expect(report).toMatchObject({
    record: { state: 'failed' },
    failures: [
      {
        code: 'destination_no_space',
        objects: report.failed,
        message: expect.stringContaining(disk.reason) as string,
      },
    ],
  });
  expect(report.failed).toBeGreaterThan(0);
  expect(report.moved + report.failed + report.open).toBe(left);
  expect(stderr).not.toMatch(/^\s+at /m);
  const moved = OBJECTS - left + report.moved;
  expect(await expectNothingLost()).toBe(moved);
  expect([await contentInDatabase(), await filesOnDisk()]).toEqual([OBJECTS - moved, moved]);
  return report;
}

it('a disk that runs full keeps what it got, the rest stays where it was, and moves once there is room', async () => {
  const { moved } = await expectFull(OBJECTS);
  expect(moved).toBeGreaterThan(0);
  await disk.enlarge(1.25);
  await expectFull(OBJECTS - moved);

  await disk.enlarge(16);
  const { code, stdout } = await manager('migrate', '--dontask', '--retry-failed', files.from, files.to);
  expect([code, JSON.parse(stdout)]).toEqual([
    0,
    expect.objectContaining({ complete: true, resumed: true, failed: 0 }),
  ]);
  expect(await expectNothingLost()).toBe(OBJECTS);
  expect([await contentInDatabase(), await filesOnDisk()]).toEqual([0, OBJECTS]);
}, 90_000);

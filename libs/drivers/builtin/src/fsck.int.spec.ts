import { fsck, ObjectStore, type FsckFinding, type FsckOptions } from '@kedge/object-store';
import { createTestDatabase } from '@kedge/object-store/testing';
import { mkdtemp, readFile, rm, truncate, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { builtinDrivers } from './index.js';

let database: Awaited<ReturnType<typeof createTestDatabase>>;
let directory: string;
let store: ObjectStore;
beforeEach(async () => {
  database = await createTestDatabase();
  directory = await mkdtemp(join(tmpdir(), 'kedge-fsck-'));
  const wanted = { name: 'localfs', config: { archive_data_dir: directory } };
  const driver = builtinDrivers().createDriver(wanted, { sql: database.sql });
  await driver.init();
  const compression = { enabled: false, min_size_kbytes: 100, codec: 'zstd' as const };
  store = new ObjectStore({ driver, sql: database.sql, compression });
});
afterEach(async () => {
  await database.drop();
  await rm(directory, { recursive: true });
});

const id = (key: string) => ({ account: 'admin', bucket: 'analysis_data', key });

async function pathOf(key: string): Promise<string> {
  return fileURLToPath((await store.stat(id(key)))?.uri ?? '');
}

async function check(options: Partial<FsckOptions> = {}) {
  const findings: FsckFinding[] = [];
  const report = await fsck({ store, onFinding: (finding) => findings.push(finding), ...options });
  return { report, findings };
}

it('finds nothing in a sound store', async () => {
  for (const key of ['a', 'b', 'c']) await store.put(id(key), `content of ${key}`);
  expect((await check()).report).toMatchObject({ objects: 3, proven: 3, locations: 3, repaired: 0, young: 0 });
});

it('tells missing, short and altered content apart, and mends none of them', async () => {
  for (const key of ['missing', 'short', 'altered', 'sound']) await store.put(id(key), `content of ${key}`);
  await rm(await pathOf('missing'));
  await truncate(await pathOf('short'), 3);
  const altered = await pathOf('altered');
  await writeFile(altered, (await readFile(altered, 'utf8')).replace('content', 'Content'));
  const { report, findings } = await check({ repair: true });
  expect(findings.map(({ problem, object }) => [problem, object?.split('/')[2]]).sort()).toEqual([
    ['damaged', 'altered'],
    ['missing', 'missing'],
    ['wrong_size', 'short'],
  ]);
  expect(report).toMatchObject({ objects: 4, proven: 1, repaired: 0 });
  // What only reading shows stays unseen when nothing is read.
  expect((await check({ samplePercent: 1e-9 })).report.problems).toMatchObject({
    missing: 1,
    wrong_size: 1,
    damaged: 0,
  });
});

it('deletes content without object only when told to and when it is old', async () => {
  await store.put(id('kept'), 'kept');
  const lost = await store.writeContent(id('lost'), Readable.from(['nobody points here']));
  expect((await check({ repair: true })).report).toMatchObject({ young: 1, problems: { garbage: 0 } });
  const longAgo = new Date(Date.now() - 2 * 24 * 3600 * 1000);
  await utimes(fileURLToPath(lost.uri), longAgo, longAgo);
  expect((await check()).findings).toMatchObject([{ problem: 'garbage', uri: lost.uri, repaired: false }]);
  expect((await check({ repair: true })).findings).toMatchObject([
    { problem: 'garbage', uri: lost.uri, repaired: true },
  ]);
  expect((await check()).report).toMatchObject({ objects: 1, locations: 1, problems: { garbage: 0 } });
});

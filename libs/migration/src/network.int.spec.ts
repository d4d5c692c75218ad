import { builtinDrivers } from '@kedge/drivers';
import type { ObjectId } from '@kedge/object-store';
import { swiftServer } from '@kedge/object-store/testing';
import { text } from 'node:stream/consumers';
import { migrate, type MigrationReport, type MigrationSide } from './index.js';
import { badNetwork, type BadNetwork, type Misfortune } from './testing/bad-network.js';
import { buildHouse, contentOf, countLocations, type House } from './testing/moving-house.js';

/** Migrations over a network that misbehaves, between real parts: files or the database here, a real S3 API there. */
const OBJECTS = 12;
const RUNS = 4;
let house: House;
let network: BadNetwork;
let s3: MigrationSide;
let files: MigrationSide;
let ids: ObjectId[];

beforeEach(async () => {
  const server = await swiftServer();
  house = await buildHouse();
  network = await badNetwork(server.s3.url);
  const config = {
    url: network.url,
    region: server.s3.region,
    access_key: server.s3.accessKey,
    secret_key: server.s3.secretKey,
    bucket: `network-${process.pid}-${Date.now()}`,
    create_bucket: true,
    timeout: 1,
    retries: 0,
  };
  const driver = builtinDrivers().createDriver({ name: 's3', config }, { sql: house.database.sql });
  await driver.init();
  s3 = {
    driver,
    name: 's3',
    compression: { enabled: false, min_size_kbytes: 0, codec: 'zstd' },
    section: 'object_store',
  };
  files = await house.side('files');
  ids = await house.fill(house.store(files), OBJECTS);
}, 600_000);
afterEach(async () => {
  await s3.driver.close();
  await network.close();
  await house.tearDown();
});

const move = (source: MigrationSide, destination: MigrationSide, retryFailed = false): Promise<MigrationReport> =>
  migrate({
    sql: house.database.sql,
    database: house.database.settings,
    source,
    destination,
    deleteSource: true,
    retryFailed,
    workers: 4,
  });

/** Every object is where its row says and is what was put; the report counts them as they are. */
async function expectTruth(report: MigrationReport, destination: MigrationSide): Promise<void> {
  const { script } = network;
  network.script = () => undefined;
  const store = house.store(files, s3);
  let there = 0;
  for (const id of ids) {
    const found = await store.get(id);
    expect(found && (await text(found.body))).toBe(contentOf(Number(id.key.slice(1))));
    if (destination.driver.owns(found?.metadata.uri ?? '')) there += 1;
  }
  expect(there).toBe(report.moved);
  expect(report.complete).toBe(report.moved === OBJECTS && report.sourcesLeft === 0);
  network.script = script;
}

it.each<[Misfortune, string, number]>([
  [500, 'PUT', 3],
  [503, 'PUT', 3],
  ['silence', 'PUT', 3],
  ['lost', 'PUT', 3],
])('%s at %s number %i: the copy is made again, and nothing stays behind', async (misfortune, method, at) => {
  let puts = 0;
  network.script = (asked, _number, path) =>
    asked === method && path.includes('/k') && (puts += 1) === at ? misfortune : undefined;
  const report = await move(files, s3);
  expect(report).toMatchObject({ complete: true, moved: OBJECTS, failed: 0, failures: [] });
  expect(network.happened).toBe(1);
  await expectTruth(report, s3);
  expect([await countLocations(files.driver), await countLocations(s3.driver)]).toEqual([0, OBJECTS]);
});

it.each<[Misfortune, number]>([
  ['short', 3],
  [503, 2],
  ['silence', 5],
])('%s at GET number %i of the source: the object is read again', async (misfortune, at) => {
  expect(await move(files, s3)).toMatchObject({ complete: true });
  let gets = 0;
  network.script = (asked, _number, path) =>
    asked === 'GET' && path.includes('/k') && (gets += 1) === at ? misfortune : undefined;
  const report = await move(s3, files);
  expect(report).toMatchObject({ complete: true, moved: OBJECTS, failed: 0, failures: [] });
  expect(network.happened).toBe(1);
  await expectTruth(report, files);
  expect([await countLocations(files.driver), await countLocations(s3.driver)]).toEqual([OBJECTS, 0]);
});

it('faults of all kinds at a rate: each report is true, and repeating the command finishes', async () => {
  const kinds: Misfortune[] = [500, 503, 'lost', 'short'];
  let state = 7;
  network.script = () => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    return state / 2 ** 32 < 0.15 ? kinds[(state >>> 8) % kinds.length] : undefined;
  };
  for (const [source, destination] of [
    [files, s3],
    [s3, files],
  ] as const) {
    let report = await move(source, destination);
    for (let run = 2; run <= RUNS && !report.complete; run += 1) {
      await expectTruth(report, destination);
      report = await move(source, destination, true);
    }
    expect(report).toMatchObject({ complete: true, moved: OBJECTS });
    await expectTruth(report, destination);
  }
  expect(network.happened).toBeGreaterThan(3);
}, 120_000);

it('a destination that is down: nothing is moved, nothing is lost, and later the same command moves all', async () => {
  network.script = () => 503;
  const few = ids.splice(4);
  await Promise.all(few.map((id) => house.store(files).delete(id)));
  const report = await move(files, s3);
  expect(report).toMatchObject({ complete: false, moved: 0, failed: 4 });
  expect(report.failures).toMatchObject([{ code: 'destination_unavailable', objects: 4 }]);
  network.script = () => undefined;
  expect(await countLocations(files.driver)).toBe(4);
  expect(await move(files, s3, true)).toMatchObject({ complete: true, resumed: true, moved: 4 });
  expect([await countLocations(files.driver), await countLocations(s3.driver)]).toEqual([0, 4]);
}, 60_000);

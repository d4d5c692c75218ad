import { createTestDatabase, type TestDatabase } from '@kedge/database/testing';
import { builtinDrivers } from '@kedge/drivers';
import { ObjectStore, type StorageDriver } from '@kedge/object-store';
import { swiftServer } from '@kedge/object-store/testing';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { stringify } from 'yaml';
import { runProgram } from '../testing/deployment.js';

/** Every way to move that the documentation names, one after the other on the same objects, by the built program. */
type Place = 'db' | 'one' | 'two' | 'bucket' | 'other-bucket' | 'prefix' | 'swift';

const OBJECTS = 6;
const ARCHIVED = 2;
let folder: string;
let database: TestDatabase;
let drivers: Record<Place, StorageDriver>;
let store: ObjectStore;
const sections = {} as Record<Place, { name: string; config: Record<string, unknown> }>;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kedge-patterns-'));
  database = await createTestDatabase();
  const { s3, authUrl: auth, user, key } = await swiftServer();
  const stamp = Date.now();
  const s3Config = (bucket: string, prefix = '') => ({
    name: 's3',
    config: {
      url: s3.url,
      region: s3.region,
      access_key: s3.accessKey,
      secret_key: s3.secretKey,
      bucket: `patterns-${stamp}-${bucket}`,
      create_bucket: true,
      prefix,
    },
  });
  sections.db = { name: 'db', config: {} };
  sections.one = { name: 'localfs', config: { archive_data_dir: join(folder, 'one') } };
  sections.two = { name: 'localfs', config: { archive_data_dir: join(folder, 'two') } };
  sections.bucket = s3Config('a');
  sections['other-bucket'] = s3Config('b');
  sections.prefix = s3Config('b', 'inner/');
  sections.swift = {
    name: 'swift',
    config: { auth, user, key, container: `patterns-${stamp}`, create_container: true },
  };
  const registry = builtinDrivers();
  drivers = Object.fromEntries(
    Object.entries(sections).map(([place, section]) => [place, registry.createDriver(section, { sql: database.sql })]),
  ) as Record<Place, StorageDriver>;
  const { db, ...others } = drivers;
  const compression = { enabled: false, min_size_kbytes: 0, codec: 'zstd' as const };
  store = new ObjectStore({ driver: db, readers: Object.values(others), sql: database.sql, compression });
  await db.init();
  for (let n = 0; n < OBJECTS; n += 1) await store.put(idOf(n), `content ${n}`);
}, 600_000);
afterAll(async () => {
  await Promise.all(Object.values(drivers).map((driver) => driver.close()));
  await database.drop();
  await rm(folder, { recursive: true });
});

function idOf(n: number) {
  return { account: 'admin', bucket: n < ARCHIVED ? 'analysis_archive' : 'policy_bundles', key: `k${n}` };
}

async function config(objects: Place, archive?: Place): Promise<string> {
  const section = (place: Place) => ({ storage_driver: sections[place] });
  const file = join(folder, `${objects}-${archive ?? 'single'}.yaml`);
  const catalog = {
    object_store: section(objects),
    ...(archive ? { analysis_archive: section(archive) } : {}),
  };
  await writeFile(file, stringify({ services: { catalog } }));
  return file;
}

const migrations: [string, string[], [Place, Place?], [Place, Place?], number][] = [
  ['single to split', ['--to-analysis-archive'], ['db'], ['db', 'bucket'], ARCHIVED],
  ['split to single', ['--from-analysis-archive'], ['db', 'bucket'], ['db'], ARCHIVED],
  ['db to s3', [], ['db'], ['bucket'], OBJECTS],
  ['s3 to another bucket', [], ['bucket'], ['other-bucket'], OBJECTS],
  ['s3 to a prefix of the same bucket', [], ['other-bucket'], ['prefix'], OBJECTS],
  ['s3 to swift', [], ['prefix'], ['swift'], OBJECTS],
  ['swift to s3', [], ['swift'], ['bucket'], OBJECTS],
  ['s3 to db', [], ['bucket'], ['db'], OBJECTS],
  ['db to localfs', [], ['db'], ['one'], OBJECTS],
  ['localfs to another directory', [], ['one'], ['two'], OBJECTS],
  ['localfs to db', [], ['two'], ['db'], OBJECTS],
];

it.each(migrations)('%s', async (_name, options, from, to, objects) => {
  const files = [await config(...from), await config(...to)];
  const connect = ['--db-connect', database.url];
  const ended = await runProgram('manager', [
    ...['--json', 'objectstorage', ...connect, 'migrate', '--dontask', ...options, ...files],
  ]);
  expect([ended.code, ended.code === 0 ? '' : ended.stderr]).toEqual([0, '']);
  expect(JSON.parse(ended.stdout)).toMatchObject({ complete: true, objects, moved: objects, failed: 0 });

  const archive = to[1] ?? to[0];
  for (let n = 0; n < OBJECTS; n += 1) {
    const found = await store.get(idOf(n));
    expect(found && (await text(found.body))).toBe(`content ${n}`);
    expect([n, drivers[n < ARCHIVED ? archive : to[0]].owns(found?.metadata.uri ?? '')]).toEqual([n, true]);
  }
  // The source is empty but for what stays there.
  const left = [];
  for await (const { uri } of drivers[from[1] ?? from[0]].list()) left.push(uri);
  const inner = (uri: string) => from[0] === 'other-bucket' && drivers.prefix.owns(uri);
  expect(left.filter((uri) => !inner(uri))).toHaveLength(from[0] === to[0] && !from[1] ? OBJECTS - objects : 0);
});

import { createTestDatabase, type TestDatabase } from '@kedge/database/testing';
import { builtinDrivers } from '@kedge/drivers';
import { ObjectStore } from '@kedge/object-store';
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { text } from 'node:stream/consumers';
import { promisify } from 'node:util';
import { stringify } from 'yaml';

const ROOT = resolve(__dirname, '../../../..');
const MANAGER = join(ROOT, 'dist/apps/manager/main.js');
const PACKAGE = 'kedge-driver-sqlite';

/** A folder as an operator has one: a config.yaml, and the example driver installed beside it, far from Kedge. */
let folder: string;
let database: TestDatabase;

beforeAll(async () => {
  if (!existsSync(MANAGER)) throw new Error('the programs are not built; run: npm run build');
  folder = await mkdtemp(join(tmpdir(), 'kedge-packages-'));
  database = await createTestDatabase();
  const installed = join(folder, 'node_modules', PACKAGE);
  for (const file of ['package.json', 'index.js', 'sqlite-driver.js']) {
    await cp(join(ROOT, 'examples', PACKAGE, file), join(installed, file));
  }
});
afterAll(async () => {
  await database.drop();
  await rm(folder, { recursive: true });
});

async function writeConfig(file: string, name: string, config: object): Promise<string> {
  const storage = { services: { catalog: { object_store: { storage_driver: { name, config } } } } };
  await writeFile(join(folder, file), stringify(storage));
  return join(folder, file);
}

/** Runs `anchore-manager objectstorage` as built. */
async function objectstorage(...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  const command = [MANAGER, '--json', 'objectstorage', '--db-connect', database.url, ...args];
  return promisify(execFile)(process.execPath, command).then(
    (ended) => ({ code: 0, ...ended }),
    (error: unknown) => error as { code: number; stdout: string; stderr: string },
  );
}

it('lists, checks and moves to a driver that lies beside the configuration, and back', async () => {
  const localfs = { archive_data_dir: join(folder, 'files') };
  const files = await writeConfig('files.yaml', 'localfs', localfs);
  const sqlite = await writeConfig('sqlite.yaml', PACKAGE, { file: join(folder, 'objects.sqlite') });

  const listed = await objectstorage('list-drivers', '--config', sqlite);
  expect(listed).toMatchObject({ code: 0 });
  const drivers = JSON.parse(listed.stdout) as { name: string; source: string }[];
  expect(drivers.map(({ name, source }) => [name, source === 'built-in'])).toEqual([
    ['localfs', true],
    ['db', true],
    ['s3', true],
    ['swift', true],
    [PACKAGE, false],
  ]);
  expect(drivers.at(-1)).toMatchObject({
    scheme: 'sqlite',
    config: [{ key: 'file', type: 'string', required: true, secret: false }],
  });

  expect(await objectstorage('check', sqlite)).toMatchObject({ code: 0 });
  const { sql } = database;
  const driver = builtinDrivers().createDriver({ name: 'localfs', config: localfs }, { sql });
  await driver.init();
  const store = new ObjectStore({
    driver,
    sql,
    compression: { enabled: false, min_size_kbytes: 0, codec: 'zstd' },
  });
  const id = { account: 'admin', bucket: 'analysis_data', key: 'sha256:0' };
  await store.put(id, 'what must survive');
  for (const [from, to, scheme] of [
    [files, sqlite, 'sqlite:'],
    [sqlite, files, 'file:'],
  ] as const) {
    expect(await objectstorage('migrate', '--dontask', from, to)).toMatchObject({ code: 0 });
    expect((await store.stat(id))?.uri).toMatch(scheme);
  }
  const back = await store.get(id);
  expect(back && (await text(back.body))).toBe('what must survive');
  await driver.close();
}, 120_000);

it('says in one line what is wrong with a package', async () => {
  const missing = await writeConfig('missing.yaml', 'kedge-driver-tape', {});
  const refused = await writeConfig('refused.yaml', PACKAGE, { file: 'relative' });
  for (const [file, message] of [
    [missing, /unknown storage driver .*kedge-driver-tape.*installed beside .*missing\.yaml/],
    [refused, /file must be the absolute path/],
  ] as const) {
    const { code, stderr } = await objectstorage('check', file);
    expect(code).not.toBe(0);
    expect(stderr).toMatch(message);
    expect(stderr).not.toMatch(/\n\s+at /);
  }
}, 120_000);

import { StorageError, type StorageDriver } from '@kedge/object-store';
import { readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { failures, listMigrations, migrate, type MigrateOptions, type MigrationSide } from './index.js';
import { MigrationLock } from './lock.js';
import { buildHouse, contentOf, countLocations, type House } from './testing/moving-house.js';

let house: House;
beforeEach(async () => {
  house = await buildHouse();
});
afterEach(() => house.tearDown());

const move = (source: MigrationSide, destination: MigrationSide, more: Partial<MigrateOptions> = {}) =>
  migrate({
    sql: house.database.sql,
    database: house.database.settings,
    source,
    destination,
    deleteSource: true,
    ...more,
  });

async function expectContent(ids: { account: string; bucket: string; key: string }[], ...sides: MigrationSide[]) {
  const store = house.store(...sides);
  for (const id of ids) {
    const found = await store.get(id);
    const chunks: Buffer[] = [];
    for await (const chunk of found?.body ?? []) chunks.push(chunk as Buffer);
    expect(Buffer.concat(chunks).toString()).toBe(contentOf(Number(id.key.slice(1))));
  }
}

describe('a migration', () => {
  it('moves everything, proves it and empties the source; and back', async () => {
    const [db, files] = [await house.side('db'), await house.side('files')];
    const ids = await house.fill(house.store(db), 40);
    const report = await move(db, files);
    expect(report).toMatchObject({ complete: true, objects: 40, moved: 40, failed: 0, open: 0, sourcesLeft: 0 });
    expect(report.rootAfter).toBe(report.rootBefore);
    expect([await countLocations(db.driver), await countLocations(files.driver)]).toEqual([0, 40]);
    await expectContent(ids, files);
    expect(await move(files, db)).toMatchObject({ complete: true, moved: 40, rootBefore: report.rootBefore });
    expect([await countLocations(db.driver), await countLocations(files.driver)]).toEqual([40, 0]);
    await expectContent(ids, db);
    const records = await listMigrations(house.database.sql);
    expect(records.map(({ state, archive_documents_migrated: moved }) => [state, moved])).toEqual([
      ['complete', 40],
      ['complete', 40],
    ]);
  });

  it('leaves the source alone when asked to, and moves only the buckets it was told', async () => {
    const [db, files] = [await house.side('db'), await house.side('files')];
    const ids = await house.fill(house.store(db), 10);
    const report = await move(db, files, { deleteSource: false, buckets: ['policy_bundles'] });
    expect(report).toMatchObject({ complete: true, objects: 5, moved: 5, sourcesLeft: 0 });
    expect([await countLocations(db.driver), await countLocations(files.driver)]).toEqual([10, 5]);
    await expectContent(ids, files, db);
  });

  it.each([
    ['all of it', undefined, 10],
    ['one bucket', ['policy_bundles'], 5],
  ])('leaves no row of what it deleted in the database, when it moves %s', async (_what, buckets, moved) => {
    const [db, files] = [await house.side('db'), await house.side('files')];
    await house.fill(house.store(db), 10);
    expect(await move(db, files, buckets ? { buckets } : {})).toMatchObject({ complete: true, moved });
    // Also those that nobody can read any more.
    expect(await house.database.sql.query('SELECT 1 FROM kedge_object')).toHaveLength(10 - moved);
  });

  it('selects by place, not by driver: from one directory to another, and a second run finds nothing', async () => {
    const [one, two] = [await house.side('one'), await house.side('two')];
    const ids = await house.fill(house.store(one), 6);
    expect(await move(one, two)).toMatchObject({ complete: true, moved: 6 });
    expect([await countLocations(one.driver), await countLocations(two.driver)]).toEqual([0, 6]);
    expect(await move(one, two)).toMatchObject({ complete: true, objects: 0, untouched: 6 });
    await expectContent(ids, two);
    await expect(move(two, two)).rejects.toMatchObject({ code: 'same_place' });
  });

  it('says which objects failed and why, and finishes with them when they are mended', async () => {
    const [files, db] = [await house.side('files'), await house.side('db')];
    const store = house.store(files);
    const ids = await house.fill(store, 5);
    const path = async (n: number) => fileURLToPath((await store.stat(ids[n] as (typeof ids)[0]))?.uri ?? '');
    const [missing, short, corrupt] = [await path(1), await path(3), await path(4)];
    await rm(missing);
    await truncate(short, 5);
    const flipped = await readFile(corrupt);
    flipped[flipped.length >> 1] = (flipped[flipped.length >> 1] ?? 0) ^ 1;
    await writeFile(corrupt, flipped);
    const report = await move(files, db);
    expect(report).toMatchObject({ complete: false, moved: 2, failed: 3, record: { state: 'failed' } });
    expect(report.failures.map(({ code }) => code).sort()).toEqual(['source_integrity', 'source_not_found']);
    const listed: string[] = [];
    for await (const failure of failures(house.database.sql, report.record.id)) listed.push(failure.key);
    expect(listed.sort()).toEqual(['k1', 'k3', 'k4']);

    // The operator finds the files again.
    await writeFile(missing, await originalOf(1));
    await writeFile(short, await originalOf(3));
    await writeFile(corrupt, await originalOf(4));
    const second = await move(files, db, { retryFailed: true });
    expect(second).toMatchObject({
      complete: true,
      resumed: true,
      moved: 5,
      failed: 0,
      record: { id: report.record.id },
    });
    expect(second.rootAfter).toBe(second.rootBefore);
    await expectContent(ids, db);

    /** The bytes as the store wrote them, compression included. */
    async function originalOf(n: number): Promise<Buffer> {
      const side = await house.side(`again-${n}`);
      const again = await house
        .store(side)
        .writeContent({ account: 'x', bucket: 'y', key: 'z' }, streamOf(contentOf(n)));
      const chunks: Buffer[] = [];
      for await (const chunk of await side.driver.get(again.uri)) chunks.push(chunk as Buffer);
      return Buffer.concat(chunks);
    }
  });

  it('keeps the source when a copy cannot be proven', async () => {
    const [db, files] = [await house.side('db'), await house.side('files')];
    const ids = await house.fill(house.store(db), 3);
    const lying = new Proxy(files.driver, {
      get: (driver, name) =>
        name === 'get'
          ? async (uri: string) => {
              await truncate(fileURLToPath(uri), 3);
              return driver.get(uri);
            }
          : bound(driver, name),
    });
    const report = await move(db, { ...files, driver: lying });
    expect(report).toMatchObject({ complete: false, moved: 0, failed: 3 });
    expect(report.failures).toMatchObject([{ code: 'verify_failed', objects: 3 }]);
    expect([await countLocations(db.driver), await countLocations(files.driver)]).toEqual([3, 0]);
    await expectContent(ids, db);
  }, 120_000);

  it('gets over a destination that fails now and then, and stops at one that is full', async () => {
    const [db, files] = [await house.side('db'), await house.side('files')];
    const ids = await house.fill(house.store(db), 30);
    let calls = 0;
    const shaky = failing(files.driver, () => ((calls += 1) % 4 === 0 ? 'unavailable' : undefined));
    expect(await move(db, { ...files, driver: shaky })).toMatchObject({ complete: true, moved: 30 });
    const full = failing(db.driver, () => 'no_space');
    const report = await move(files, { ...db, driver: full }, { workers: 1 });
    expect(report).toMatchObject({ complete: false, moved: 0, failed: 25, open: 5 });
    expect(report.stopReason).toContain('destination_no_space');
    await expectContent(ids, files);
    expect(await move(files, db, { retryFailed: true })).toMatchObject({ complete: true, resumed: true, moved: 30 });
  }, 120_000);

  it('takes an object that changes meanwhile in its new form, and one that is deleted not at all', async () => {
    const [db, files] = [await house.side('db'), await house.side('files')];
    const store = house.store(db, files);
    const ids = await house.fill(store, 4);
    const [changed, deleted] = ids as [(typeof ids)[0], (typeof ids)[0]];
    let done: Promise<unknown> | undefined;
    const meddling = new Proxy(files.driver, {
      get: (driver, name) =>
        name === 'put'
          ? async (...args: Parameters<StorageDriver['put']>) => {
              done ??= Promise.all([store.put(changed, contentOf(99)), store.delete(deleted)]);
              await done;
              return driver.put(...args);
            }
          : bound(driver, name),
    });
    const report = await move(db, { ...files, driver: meddling }, { workers: 4 });
    expect(report).toMatchObject({ complete: true, moved: 3, gone: 1 });
    expect(report.rootAfter).toBe(report.rootBefore);
    expect(await house.store(files).getDocument(changed)).toEqual(
      (JSON.parse(contentOf(99)) as { document: string }).document,
    );
    expect([await countLocations(db.driver), await countLocations(files.driver)]).toEqual([0, 3]);
  });

  it('is refused while another one runs, and while services live', async () => {
    const [db, files] = [await house.side('db'), await house.side('files')];
    await house.fill(house.store(db), 1);
    const lock = await MigrationLock.take(house.database.settings);
    await expect(move(db, files)).rejects.toMatchObject({ code: 'locked' });
    await lock.release();
    await house.database.sql.query(
      `INSERT INTO services (hostid, servicename, status, heartbeat, created_at, last_updated)
       VALUES ('host-1', 'catalog', true, extract(epoch FROM now())::integer - 20, 0, 0)`,
    );
    await expect(move(db, files)).rejects.toMatchObject({
      code: 'services_running',
      message: expect.stringContaining('catalog on host-1'),
    });
    expect(await move(db, files, { force: true })).toMatchObject({ complete: true });
  });

  it('rolls back what one run moved, and nothing else', async () => {
    const [db, files] = [await house.side('db'), await house.side('files')];
    await house.fill(house.store(db), 6);
    const first = await move(db, files, { buckets: ['policy_bundles'] });
    await house.store(files).put({ account: 'admin', bucket: 'policy_bundles', key: 'later' }, 'not part of the run');
    const back = await move(files, db, { rollbackOf: first.record.id });
    expect(back).toMatchObject({ complete: true, objects: 3, moved: 3 });
    expect([await countLocations(db.driver), await countLocations(files.driver)]).toEqual([6, 1]);
  });
});

function bound(driver: StorageDriver, name: string | symbol): unknown {
  const value: unknown = Reflect.get(driver, name, driver);
  return typeof value === 'function' ? (value.bind(driver) as unknown) : value;
}

/** The driver with puts that fail when `script` says so. */
function failing(driver: StorageDriver, script: () => 'unavailable' | 'no_space' | undefined): StorageDriver {
  return new Proxy(driver, {
    get: (target, name) =>
      name === 'put'
        ? async (...args: Parameters<StorageDriver['put']>) => {
            const code = script();
            if (code) throw new StorageError(code, `scripted: ${code}`, { driver: target.name });
            return target.put(...args);
          }
        : bound(target, name),
  });
}

function streamOf(text: string): Readable {
  return Readable.from([Buffer.from(text)]);
}

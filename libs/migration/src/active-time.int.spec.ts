import { findMigration, lastPace, listMigrations, migrate, type MigrateOptions } from './index.js';
import { buildHouse, type House } from './testing/moving-house.js';

const OBJECTS = 60;
const HOUR = 3600;
let house: House;
beforeEach(async () => {
  house = await buildHouse();
});
afterEach(() => house.tearDown());

/** A run that was stopped in the middle a day ago, by what the journal says. */
async function stoppedYesterday(): Promise<MigrateOptions> {
  const { sql, settings } = house.database;
  const [source, destination] = [await house.side('db'), await house.side('files')];
  await house.fill(house.store(source), OBJECTS);
  const options = { sql, database: settings, source, destination, deleteSource: true, workers: 2 };
  const stop = new AbortController();
  // With the first copy: objects end in groups, so one that waits for some to be at their end may wait for all of them.
  const onStep = (): void => stop.abort();
  await expect(migrate({ ...options, signal: stop.signal, onStep })).rejects.toMatchObject({ code: 'interrupted' });
  await sql.query(`UPDATE tasks SET started_at = started_at - interval '1 day'`);
  return options;
}

it('the pause of a run that was stopped is no time at work, and the estimate does not reckon with it', async () => {
  const options = await stoppedYesterday();
  const { sql, source, destination } = options;
  const [stopped] = await listMigrations(sql);
  expect(stopped?.state).toBe('interrupted');
  expect(stopped?.active_seconds).toBeGreaterThan(0);
  expect(await migrate(options)).toMatchObject({ complete: true, resumed: true, moved: OBJECTS });
  const [done] = await listMigrations(sql);
  expect(done?.active_seconds).toBeGreaterThan(stopped?.active_seconds ?? Infinity);
  expect(done?.active_seconds).toBeLessThan(HOUR);
  expect((await findMigration(sql, 1))?.detail).toMatchObject({ active_seconds: done?.active_seconds, bwlimit: null });

  const pace = await lastPace(sql, source, destination);
  expect(pace).toMatchObject({ from: { migration: 1, certain: true } });
  expect(pace?.objectsPerSecond).toBeCloseTo(OBJECTS / (done?.active_seconds ?? 0), 6);
  // Between other places of the same kinds it is a hint, and the other way it is none.
  expect(await lastPace(sql, source, await house.side('elsewhere'))).toMatchObject({ from: { certain: false } });
  expect(await lastPace(sql, destination, source)).toBeUndefined();
});

it('a run that was begun before its time at work was on record has none, also when it goes on', async () => {
  const options = await stoppedYesterday();
  const { sql, source, destination } = options;
  await sql.query(`UPDATE data_migration SET active_seconds = NULL`);
  await migrate(options);
  expect(await listMigrations(sql)).toMatchObject([{ state: 'complete', active_seconds: null }]);
  const pace = await lastPace(sql, source, destination);
  expect(pace).toMatchObject({ from: { certain: false } });
  expect(pace?.objectsPerSecond).toBeLessThan(OBJECTS / HOUR);
});

it('a run that was slowed down for a part of its time says nothing of the pace', async () => {
  const options = await stoppedYesterday();
  const { sql, source, destination } = options;
  await migrate({ ...options, bytesPerSecond: 1024 ** 3 });
  expect((await findMigration(sql, 1))?.detail).toMatchObject({ bwlimit: 1024 ** 3 });
  expect(await lastPace(sql, source, destination)).toBeUndefined();
});

import { createTestDatabase, describeDriver, describeObjectStore } from '@kedge/object-store/testing';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { DatabaseSync } from 'node:sqlite';
import { sqliteDriver } from './sqlite-driver.js';

async function makeDriver() {
  const folder = await mkdtemp(join(tmpdir(), 'kedge-sqlite-'));
  const file = join(folder, 'objects.sqlite');
  const another = async () => {
    const driver = sqliteDriver(file);
    await driver.init();
    return driver;
  };
  return { driver: await another(), another, file, teardown: () => rm(folder, { recursive: true }) };
}

// What every driver must do.
describeDriver('sqlite', makeDriver);

it('says beforehand where it is going to put something', async () => {
  const { driver, teardown } = await makeDriver();
  const address = { account: 'admin', bucket: 'b', key: 'a key/with: all sorts%', unique: 'u' };
  const { uri } = await driver.put(address, Readable.from([Buffer.from('x')]));
  expect(driver.locate?.(address)).toEqual([uri]);
  await driver.close();
  await teardown();
});

// What Kedge does with it: compression, digests, damage found, moves.
describeObjectStore('sqlite', async () => {
  const { driver, file, teardown } = await makeDriver();
  const { sql, drop } = await createTestDatabase();
  const alter = async (uri: string, bytes: Buffer): Promise<void> => {
    const database = new DatabaseSync(file);
    const name = uri.slice(driver.place.length + 1);
    database.prepare('UPDATE object SET size = ? WHERE name = ?').run(bytes.length, name);
    const { id } = database.prepare('SELECT id FROM object WHERE name = ?').get(name) as { id: number };
    database.prepare('DELETE FROM piece WHERE id = ?').run(id);
    database.prepare('INSERT INTO piece (id, n, bytes) VALUES (?, 0, ?)').run(id, bytes);
    database.close();
  };
  return { driver, sql, alter, teardown: () => teardown().finally(drop) };
});

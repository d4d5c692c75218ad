import {
  createTestDatabase,
  describeDriver,
  describeObjectStore,
  killedPuts,
  largeStream,
  MAX_RSS_MB,
} from '@kedge/object-store/testing';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { FilesystemDriver } from './filesystem-driver.js';

async function makeDriver() {
  const parent = await mkdtemp(join(tmpdir(), 'kedge-localfs-'));
  const directory = join(parent, 'objects');
  const another = async () => {
    const driver = new FilesystemDriver(directory);
    await driver.init();
    return driver;
  };
  const driver = await another();
  return { driver, directory, another, teardown: () => rm(parent, { recursive: true }) };
}

describeDriver('localfs', makeDriver);

describeObjectStore('localfs', async () => {
  const { driver, teardown } = await makeDriver();
  const { sql, drop } = await createTestDatabase();
  return {
    driver,
    sql,
    alter: (uri, bytes) => writeFile(fileURLToPath(uri), bytes),
    teardown: async () => {
      await teardown();
      await drop();
    },
  };
});

it('keeps every object whole when its writer is killed at any moment', async () => {
  const { driver, directory, teardown } = await makeDriver();
  const { sql, url: databaseUrl, drop } = await createTestDatabase();
  const child = { plugin: '@kedge/driver-filesystem', config: { archive_data_dir: directory } };
  const kills = 25;
  const { met } = await killedPuts({ driver, sql, databaseUrl, ...child, kills });
  expect(met).toBeGreaterThan(kills);
  await drop();
  await teardown();
}, 120_000);

it('streams long content in little memory', async () => {
  const parent = await mkdtemp(join(tmpdir(), 'kedge-localfs-'));
  const config = { archive_data_dir: join(parent, 'objects') };
  const { peakRssMb } = await largeStream({ plugin: '@kedge/driver-filesystem', config });
  expect(peakRssMb).toBeLessThan(MAX_RSS_MB);
  await rm(parent, { recursive: true });
}, 180_000);

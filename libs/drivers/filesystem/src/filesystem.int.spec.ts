import {
  createTestDatabase,
  describeDriver,
  describeObjectStore,
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
  const another = async () => {
    const driver = new FilesystemDriver(join(parent, 'objects'));
    await driver.init();
    return driver;
  };
  const driver = await another();
  return { driver, another, teardown: () => rm(parent, { recursive: true }) };
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

it('streams long content in little memory', async () => {
  const parent = await mkdtemp(join(tmpdir(), 'kedge-localfs-'));
  const config = { archive_data_dir: join(parent, 'objects') };
  const { peakRssMb } = await largeStream({ plugin: '@kedge/driver-filesystem', config });
  expect(peakRssMb).toBeLessThan(MAX_RSS_MB);
  await rm(parent, { recursive: true });
}, 180_000);

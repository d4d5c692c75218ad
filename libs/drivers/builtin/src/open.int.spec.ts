import { openObjectStores, storageSettingsFromCatalog } from '@kedge/object-store';
import { createTestDatabase } from '@kedge/object-store/testing';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { builtinDrivers } from './index.js';

let database: Awaited<ReturnType<typeof createTestDatabase>>;
let directory: string;
beforeAll(async () => {
  database = await createTestDatabase();
  directory = await mkdtemp(join(tmpdir(), 'kedge-open-'));
});
afterAll(async () => {
  await database.drop();
  await rm(directory, { recursive: true });
});

const open = (catalog: unknown) =>
  openObjectStores(storageSettingsFromCatalog(catalog, 'config.yaml'), {
    sql: database.sql,
    registry: builtinDrivers(),
  });
const id = { account: 'admin', bucket: 'analysis_data', key: 'sha256:1' };
const split = () => ({
  object_store: { storage_driver: { name: 'db' } },
  analysis_archive: { storage_driver: { name: 'localfs', config: { archive_data_dir: directory } } },
});

it('lists the drivers that come with Kedge', () => {
  expect(builtinDrivers().names()).toEqual(['localfs', 'db', 's3', 'swift']);
});

it('shares one store when archives have no section', async () => {
  const { objectStore, analysisArchive, close } = await open({ analysis_archive: {} });
  expect(analysisArchive).toBe(objectStore);
  expect(objectStore.driver.name).toBe('db');
  await close();
});

it('reads, moves and deletes across both stores', async () => {
  const { objectStore, analysisArchive, close } = await open(split());
  expect([objectStore.driver.scheme, analysisArchive.driver.scheme]).toEqual(['db', 'file']);
  await objectStore.putDocument(id, { a: 1 });
  const row = await objectStore.stat(id);
  if (!row) throw new Error('the object must be there');
  const copy = await analysisArchive.writeContent(id, await objectStore.openStored(row));
  expect(copy.uri).toMatch(/^file:/);
  expect(await analysisArchive.switchLocation(row, copy)).toBe(true);
  await objectStore.deleteContent(row.uri);
  expect(await objectStore.getDocument(id)).toEqual({ a: 1 });
  expect(await objectStore.delete(id)).toBe(true);
  expect(await analysisArchive.driver.stat(copy.uri)).toBeUndefined();
  await close();
});

it('fails as a whole when one section is wrong', async () => {
  const catalog = { ...split(), analysis_archive: { storage_driver: { name: 'localfs' } } };
  await expect(open(catalog)).rejects.toMatchObject({
    code: 'invalid_config',
    message: expect.stringContaining('archive_data_dir') as unknown,
  });
});

import { ConfigError } from '@kedge/config';
import { inspect } from 'node:util';
import { storageSettingsFromCatalog } from './settings.js';

const read = (catalog: unknown) => storageSettingsFromCatalog(catalog, 'config.yaml');

function faults(catalog: unknown) {
  try {
    read(catalog);
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
  throw new Error('the section was accepted');
}

const section = (name: string) => ({ storage_driver: { name, config: {} } });

it.each([
  ['nothing', undefined, 'db'],
  ['null', null, 'db'],
  ['empty sections', { object_store: {}, archive: null }, 'db'],
  ['object_store before archive', { object_store: section('a'), archive: section('b') }, 'a'],
  ['archive when object_store is empty', { object_store: {}, archive: section('b'), archive_driver: 'c' }, 'b'],
  ['flat keys last', { archive_driver: 'localfs', archive_data_dir: '/data' }, 'localfs'],
  ['use_db over archive_driver', { archive_driver: 'localfs', use_db: true }, 'db'],
  ['no use_db without archive_driver', { use_db: true, archive_data_dir: '/data' }, 'db'],
])('chooses the object store from %s', (_name, catalog, driver) => {
  expect(read(catalog).objectStore.storage_driver.name).toBe(driver);
});

it('fills in what a section leaves out', () => {
  const { objectStore } = read({ object_store: { enabled: 'ignored', compression: { enabled: true } } });
  expect(objectStore.compression).toEqual({ enabled: true, min_size_kbytes: 100, codec: 'zstd' });
  expect(objectStore.storage_driver.name).toBe('db');
  expect(Object.keys(objectStore.storage_driver.config)).toEqual([]);
});

it.each([
  [{ codec: 'gzip', level: 9 }, 9],
  [{ level: 19 }, 19],
  [{ level: '7' }, 7],
  [{ level: null }, undefined],
])('takes the compression %j', (compression, level) => {
  const { objectStore } = read({ object_store: { compression } });
  expect(objectStore.compression.level).toBe(level);
});

it.each([
  [{ codec: 'gzip', level: 10 }, 'must be a whole number, 1 to 9 for gzip', '10'],
  [{ level: 20 }, 'must be a whole number, 1 to 19 for zstd', '20'],
  [{ level: 0 }, '1 to 19', '0'],
  [{ level: 2.5 }, '1 to 19', '2.5'],
  [{ level: 'best' }, '1 to 19', '"best"'],
])('refuses the compression %j', (compression, message, value) => {
  const path = 'services.catalog.object_store.compression.level';
  expect(faults({ object_store: { compression } })).toMatchObject([
    { path, value, message: expect.stringContaining(message) as unknown },
  ]);
});

it('hands the directory of a flat file to localfs and warns', () => {
  const { objectStore, warnings } = read({ archive_driver: 'localfs', archive_data_dir: '/data' });
  expect(objectStore.storage_driver.config.archive_data_dir).toBe('/data');
  expect(warnings).toEqual([expect.stringContaining('archive_driver')]);
});

it.each([{}, { analysis_archive: null }, { analysis_archive: {} }])('shares the store for %j', (catalog) => {
  expect(read(catalog).analysisArchive).toBeUndefined();
});

it('reads a section for archives and fills in its defaults', () => {
  const { analysisArchive } = read({ analysis_archive: { enabled: true, storage_driver: { name: 's3' } } });
  expect(analysisArchive?.storage_driver.name).toBe('s3');
  expect(analysisArchive?.compression.enabled).toBe(false);
});

it('reports all faults at once, with path and value', () => {
  const catalog = {
    object_store: {
      compression: { enabled: 'perhaps', min_size_kbytes: -1, codec: 'lzma' },
      storage_driver: { name: 7, config: [] },
    },
    analysis_archive: 'yes',
  };
  const at = 'services.catalog.object_store';
  expect(faults(catalog).map(({ path, value }) => [path, value])).toEqual([
    [`${at}.storage_driver.config`, '[]'],
    [`${at}.storage_driver.name`, '7'],
    [`${at}.compression.codec`, '"lzma"'],
    [`${at}.compression.enabled`, '"perhaps"'],
    [`${at}.compression.min_size_kbytes`, '-1'],
    ['services.catalog.analysis_archive', '"yes"'],
  ]);
});

it('does not print credentials of a driver', () => {
  const config = { access_key: 'AKIA-public', secret_key: 'hunter2', bucket: 'b' };
  const { objectStore } = read({ object_store: { storage_driver: { name: 's3', config } } });
  expect(objectStore.storage_driver.config.secret_key).toBe('hunter2');
  expect(`${JSON.stringify(objectStore)} ${inspect(objectStore, { depth: 9 })}`).not.toContain('hunter2');
  expect(JSON.stringify(objectStore)).toContain('"bucket":"b"');
});

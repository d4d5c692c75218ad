import { ConfigError } from '@kedge/config';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadServiceConfig } from './load-service-config.js';

const directory = mkdtempSync(join(tmpdir(), 'kedge-faults-'));
afterAll(() => rmSync(directory, { recursive: true }));

const DATABASE = 'credentials: { database: { db_connect: "postgresql://me:hush@db/images" } }';

function load(yaml: string, services: Parameters<typeof loadServiceConfig>[1] = ['catalog']) {
  const file = join(directory, 'config.yaml');
  writeFileSync(file, yaml);
  return loadServiceConfig(file, services, {});
}

function refusal(...given: Parameters<typeof load>): ConfigError {
  try {
    load(...given);
  } catch (error) {
    if (error instanceof ConfigError) return error;
    throw error;
  }
  throw new Error('the file was accepted');
}

it('tells the faults of all places of a file at once, each with path, value and what is allowed, and no secret', () => {
  const { problems, message } = refusal(`
    tmp_dir: '/scratch/\${ANCHORE_SCRATCH}'
    credentials: { database: { db_connect: 'mysql://me:hush@h/d' } }
    metrics: { enabled: perhaps }
    services:
      catalog:
        port: '\${ANCHORE_PORT}'
        local_image_directories: [/images, 7]
        ssl_enable: true
        object_store:
          compression: { enabled: 'on', codec: gzip, level: 10 }
          storage_driver:
            name: s3
            config: { bukcet: images, access_key: hush, url: 'ftp://me:hush@s3.example.com', retries: 99 }
        analysis_archive:
          storage_driver: { name: localfs, config: { archive_data_dir: archive } }
      analyzer: { max_threads: many }
  `);
  const driver = 'services.catalog.object_store.storage_driver.config';
  expect(problems.map(({ path, message: text, value }) => [path, text.slice(0, 40), value])).toEqual([
    ['tmp_dir', 'environment variable ANCHORE_SCRATCH is ', undefined],
    ['services.catalog.port', 'environment variable ANCHORE_PORT is not', undefined],
    ['services.catalog.local_image_directories[1]', 'must be a string', '7'],
    ['services.analyzer.max_threads', 'must be a whole number', '"many"'],
    ['services.catalog.object_store.compression.level', 'must be a whole number, 1 to 9 for gzip', '10'],
    ['services.catalog.object_store.compression.enabled', 'must be true or false', '"on"'],
    [`${driver}.bucket`, 'is required: must be the name of a bucke', undefined],
    [`${driver}.retries`, 'must be a whole number from 0 to 20', '99'],
    [`${driver}.secret_key`, 'is required: the pair goes together', undefined],
    [`${driver}.url`, 'must begin with http:// or https://', '"ftp://***@s3.example.com"'],
    [`${driver}.bukcet`, 'is no key of driver s3, which knows buck', '***'],
    [
      'services.catalog.analysis_archive.storage_driver.config.archive_data_dir',
      'must be an absolute path',
      '"archive"',
    ],
    ['credentials.database.db_connect', 'must look like postgresql://user:passwor', undefined],
    ['metrics.enabled', 'must be true or false', '"perhaps"'],
    ['services.catalog.ssl_cert', 'is required, because ssl_enable is true', undefined],
  ]);
  expect(message).not.toContain('hush');
});

it('names drivers that are not there, and the services that have no section', () => {
  const storage = '{ storage_driver: { name: tape } }';
  const { problems } = refusal(
    `{${DATABASE}, services: { catalog: { object_store: ${storage}, analysis_archive: ${storage} } } }`,
    ['catalog', 'analyzer'],
  );
  expect(problems).toMatchObject([
    {
      path: 'services.catalog.object_store.storage_driver.name',
      message: expect.stringContaining('"tape"') as unknown,
    },
    { path: 'services.catalog.analysis_archive.storage_driver.name' },
    { path: 'services.analyzer', message: 'is required' },
  ]);
});

it('points to the flat keys of the oldest files', () => {
  const { problems } = refusal(
    `{${DATABASE}, services: { catalog: { archive_driver: localfs, archive_data_dir: here } } }`,
  );
  expect(problems).toEqual([
    { path: 'services.catalog.archive_data_dir', message: 'must be an absolute path', value: '"here"' },
  ]);
});

it('lets a key pass that a driver does not know, as files of the old system have them', () => {
  const storage = '{ name: localfs, config: { archive_data_dir: /data, unittest: true } }';
  const config = load(`{${DATABASE}, services: { catalog: { object_store: { storage_driver: ${storage} } } } }`, 'all');
  expect(config.services.catalog?.port).toBe(8228);
});

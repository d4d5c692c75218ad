import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ConfigError, databaseSettings, loadConfig } from './index.js';

const directory = mkdtempSync(join(tmpdir(), 'kedge-config-'));
afterAll(() => rmSync(directory, { recursive: true }));

function load(yaml: string, env: NodeJS.ProcessEnv = {}) {
  const file = join(directory, 'config.yaml');
  writeFileSync(file, yaml);
  return loadConfig(file, env);
}

function problems(yaml: string, env: NodeJS.ProcessEnv = {}) {
  try {
    load(yaml, env);
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
  throw new Error('the file was accepted');
}

describe('config.yaml', () => {
  it('of the old system is read, with defaults for what it leaves out', () => {
    const config = load(`
      service_dir: /anchore_service
      log_level: info
      max_compressed_image_size_mb: -1
      webhooks: {}
      credentials:
        database:
          db_connect: 'postgresql+pg8000://me:p%40ss@db.example:5433/anchore'
          db_connect_args: {timeout: 120, ssl: False}
      services:
        apiext: {enabled: True, port: 8228}
        catalog: {enabled: 'true', port: '8228', endpoint_hostname: here}
        policy_engine: {enable_package_db_load: 'False'}
        analyzer: {layer_cache_enable: True, layer_cache_max_gigabytes: 4}
    `);
    expect(config).toMatchObject({
      log_level: 'INFO',
      tmp_dir: '/tmp',
      default_admin_email: 'admin@myanchore',
      max_compressed_image_size_mb: undefined,
      warnings: [],
      services: {
        catalog: { enabled: true, port: 8228, listen: '0.0.0.0' },
        policy_engine: { port: 8087, enable_package_db_load: false },
        analyzer: { max_threads: 1, layer_cache_max_gigabytes: 4 },
      },
    });
    const database = databaseSettings(config);
    expect(database).toMatchObject({ host: 'db.example', port: 5433, user: 'me', database: 'anchore', ssl: false });
    expect(database.password?.reveal()).toBe('p@ss');
  });

  it('takes variables inside values and keeps their type when they are the whole value', () => {
    const yaml = `
      default_admin_password: '\${ANCHORE_ADMIN_PASSWORD}'
      tmp_dir: '/scratch/\${ANCHORE_HOST_ID}'
      services: {analyzer: {enabled: '\${ANCHORE_ANALYZER}', port: '\${ANCHORE_PORT}'}}
    `;
    const env = {
      ANCHORE_ADMIN_PASSWORD: 'x: {y',
      ANCHORE_HOST_ID: 'h1',
      ANCHORE_ANALYZER: 'false',
      ANCHORE_PORT: '9000',
    };
    const config = load(yaml, env);
    expect(config.default_admin_password?.reveal()).toBe('x: {y');
    expect(config).toMatchObject({ tmp_dir: '/scratch/h1', services: { analyzer: { enabled: false, port: 9000 } } });
  });

  it('with unset variables names each of them', () => {
    const found = problems(`{tmp_dir: '\${ANCHORE_A}', host_id: 'x-\${ANCHORE_B}'}`);
    expect(found.map(({ path, message }) => [path, /variable (\w+) is not set/.exec(message)?.[1]])).toEqual([
      ['tmp_dir', 'ANCHORE_A'],
      ['host_id', 'ANCHORE_B'],
    ]);
  });

  it('with several faults tells all of them, with path and value but no secret', () => {
    const found = problems(`
      log_level: loud
      credentials: {database: {db_connect: [hush-hush]}}
      services:
        catalog: {port: 99999}
        analyzer: {layer_cache_max_gigabytes: 0, max_threads: many}
    `);
    expect(found.map(({ path }) => path).sort()).toEqual([
      'credentials.database.db_connect',
      'log_level',
      'services.analyzer.layer_cache_max_gigabytes',
      'services.analyzer.max_threads',
      'services.catalog.port',
    ]);
    expect(found.find(({ path }) => path === 'log_level')).toMatchObject({ value: '"loud"' });
    expect(JSON.stringify(found)).not.toContain('hush-hush');
  });

  it.each([
    ['services: [', 'is not valid YAML'],
    ['- a', 'must be a mapping'],
  ])('that reads %j is refused', (yaml, message) => {
    expect(problems(yaml)).toMatchObject([{ message: expect.stringContaining(message) }]);
  });

  it('that does not exist is named', () => {
    expect(() => loadConfig(join(directory, 'none.yaml'))).toThrow(/none\.yaml:\n.*config file does not exist/);
    expect(() => loadConfig(directory)).toThrow(/config file is a directory; name the file in it/);
  });

  it('without a database says where it is missing', () => {
    expect(() => databaseSettings(load('{}'))).toThrow('credentials.database.db_connect');
  });

  it('prints no secret', () => {
    const config = load(`{default_admin_password: hush-hush}`);
    expect(JSON.stringify(config) + String(config.default_admin_password)).not.toContain('hush-hush');
  });
});

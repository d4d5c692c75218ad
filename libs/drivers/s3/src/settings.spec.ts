import { configKeys, DriverRegistry, Secret } from '@kedge/object-store';
import { kedgeDriver } from './index.js';
import { configSchema } from './settings.js';

const keys = { access_key: 'AKIA', secret_key: 'hunter2' };
const parse = (config: object) => configSchema.parse({ bucket: 'box', ...keys, ...config });
const faults = (config: object): string[] =>
  configSchema.safeParse(config).error?.issues.map(({ path, message }) => `${path.join('.')} ${message}`) ?? [];

it('reads what files of the old system say', () => {
  const settings = parse({
    url: 'http://minio:9000/',
    region: false,
    create_bucket: 'true',
    prefix: 'p',
    iamauto: null,
  });
  expect(settings).toMatchObject({ createBucket: true, prefix: 'p', pathStyle: true, region: undefined });
  expect(settings.endpoint?.host).toBe('minio:9000');
  expect(String(settings.credentials?.secretKey)).toBe('***');
  expect(JSON.stringify(settings)).not.toContain('hunter2');
  expect(parse({ region: 'eu-west-1', url: null })).toMatchObject({
    endpoint: undefined,
    region: 'eu-west-1',
    pathStyle: false,
  });
  expect(parse({ url: 'http://minio', region: 'eu-west-1' })).toMatchObject({ region: 'eu-west-1', pathStyle: true });
  expect(parse({ url: 'http://minio', path_style: false }).pathStyle).toBe(false);
});

it('takes the pair of keys before iamauto, and iamauto when the pair is not complete', () => {
  expect(parse({ iamauto: true }).credentials).toBeDefined();
  expect(configSchema.parse({ bucket: 'box', iamauto: true }).credentials).toBeUndefined();
  expect(configSchema.parse({ bucket: 'box', iamauto: true, access_key: 'a' }).credentials).toBeUndefined();
  expect(parse({ session_token: 'token' }).credentials?.sessionToken).toBeInstanceOf(Secret);
});

it('names every fault at once', () => {
  const config = {
    bucket: 7,
    access_key: 'AKIA',
    url: 'minio:9000',
    timeout: 'soon',
    verify_tls: 'maybe',
    kms_key_id: 'k',
    prefix: '/p',
    part_size_mb: 1,
    server_side_encryption: 'rot13',
  };
  const found = faults(config).join('\n');
  for (const key of Object.keys(config)) if (key !== 'access_key') expect(found).toContain(`${key} `);
  expect(found).toContain('secret_key is required');
});

it.each([
  [{}, /bucket must be.*access_key and secret_key are required/s],
  [{ bucket: ' ', ...keys }, /bucket is required/],
  [{ bucket: 'a/b', ...keys }, /bucket must be a name/],
  [{ bucket: 'b', ...keys, url: 'https://user:pw@host' }, /url must hold no credentials/],
  [{ bucket: 'b', ...keys, prefix: 'a/../b' }, /prefix must be plain/],
  [{ bucket: 'b', iamauto: true, session_token: 't' }, /session_token goes with/],
])('refuses %j', (config, message) => {
  expect(faults(config).join('\n')).toMatch(message);
});

it('describes every key and marks the secrets', () => {
  const described = configKeys(kedgeDriver);
  expect(described.filter(({ description }) => description === '')).toEqual([]);
  expect(described.filter(({ secret }) => secret).map(({ key }) => key)).toEqual([
    'access_key',
    'secret_key',
    'session_token',
  ]);
  expect(described.find(({ key }) => key === 'bucket')).toMatchObject({ type: 'string', required: true });
  expect(described.find(({ key }) => key === 'create_bucket')).toMatchObject({
    type: 'boolean',
    required: false,
    default: false,
  });
  expect(described.find(({ key }) => key === 'retries')).toMatchObject({ type: 'integer', default: 3 });
});

it('tells of keys that it does not know', () => {
  const warnings: string[] = [];
  const registry = new DriverRegistry().register(kedgeDriver);
  const config = { bucket: 'b', ...keys, create_bukcet: true };
  registry.createDriver({ name: 's3', config }, { warn: (message) => warnings.push(message) });
  expect(warnings).toEqual([expect.stringContaining('create_bukcet')]);
});

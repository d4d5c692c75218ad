import { configKeys } from '@kedge/object-store';
import { kedgeDriver } from './index.js';
import { configSchema } from './settings.js';

const v1 = { auth: 'http://swift:8080/auth/v1.0', user: 'test:tester', key: 'hunter2' };
const keystone = { os_auth_url: 'http://keystone:5000/v3/', os_username: 'u', os_password: 'hunter2' };
const login = (config: object) => configSchema.parse({ container: 'box', ...config }).login;
const faults = (config: object): string =>
  (configSchema.safeParse(config).error?.issues ?? [])
    .map(({ path, message }) => `${path.join('.')} ${message}`)
    .join('\n');

it.each([
  [v1, { kind: 'v1', url: v1.auth, user: 'test:tester' }],
  [
    { ...v1, auth_version: 1, os_storage_url: 'http://s/v1/A/' },
    { kind: 'v1', storageUrl: 'http://s/v1/A' },
  ],
  [
    { os_auth_url: v1.auth, os_username: 'test:tester', os_password: 'p', auth_version: '1.0' },
    { kind: 'v1', url: v1.auth, user: 'test:tester' },
  ],
  [
    { ...keystone, os_tenant_name: 't', os_auth_url: 'http://keystone:5000/v2.0' },
    { kind: 'v2', url: 'http://keystone:5000', username: 'u', tenant: { name: 't' } },
  ],
  [
    { ...keystone, auth_version: '2', os_tenant_id: 't1' },
    { kind: 'v2', tenant: { id: 't1' } },
  ],
  [
    { ...v1, auth_version: '2.0', os_tenant_name: 't' },
    { kind: 'v2', username: 'test:tester' },
  ],
  [
    { ...keystone, os_project_name: 'p', os_project_domain_name: 'D', os_user_domain_name: 'E' },
    {
      kind: 'v3',
      url: 'http://keystone:5000',
      user: { name: 'u', domain: { name: 'E' } },
      project: { name: 'p', domain: { name: 'D' } },
    },
  ],
  [
    { ...keystone, auth_version: 3, os_project_name: 'p', os_region_name: 'R', os_endpoint_type: 'internalURL' },
    {
      kind: 'v3',
      project: { name: 'p', domain: { id: 'default' } },
      endpoint: { serviceType: 'object-store', interface: 'internal', region: 'R' },
    },
  ],
  [
    {
      ...keystone,
      os_username: null,
      os_user_id: 'u1',
      os_project_id: 'p1',
      os_user_domain_id: 'd',
      auth_version: '3.0',
    },
    { kind: 'v3', user: { id: 'u1' }, project: { id: 'p1' } },
  ],
  [
    {
      os_auth_url: 'http://keystone/identity/v3',
      os_auth_type: 'v3applicationcredential',
      os_application_credential_id: 'c1',
      os_application_credential_secret: 's',
    },
    { kind: 'application', url: 'http://keystone/identity', id: 'c1' },
  ],
  [
    { os_auth_token: 't', os_storage_url: 'http://s/v1/A' },
    { kind: 'token', storageUrl: 'http://s/v1/A' },
  ],
])('chooses the login of %j', (config, expected) => {
  expect(login(config)).toMatchObject(expected);
  expect(JSON.stringify(login(config))).not.toContain('hunter2');
});

it.each([
  [{}, /container must be.*\n?.*auth is required: a way to log in/s],
  [{ container: 'b', auth: v1.auth, user: 'u', auth_version: '1' }, /key is required/],
  [{ container: 'b', ...keystone, auth_version: '3' }, /os_project_name is required/],
  [{ container: 'b', ...keystone }, /os_tenant_name is required/],
  [{ container: 'b', ...v1, auth_version: '4' }, /auth_version must be/],
  [{ container: 'b', ...v1, auth: 'swift:8080' }, /auth must begin with http/],
  [{ container: 'b', ...v1, auth: 'http://u:p@swift' }, /auth must hold no credentials/],
  [{ container: 'b', ...v1, os_cert: '/c.pem' }, /os_key is required/],
  [{ container: 'b', ...v1, os_endpoint_type: 'secret' }, /os_endpoint_type must be/],
  [{ container: 'a/b', ...v1, segment_size: 5 }, /container must be a name.*segment_size must be/s],
  [{ container: 'b', ...v1, anchore_key_prefix: '/x' }, /anchore_key_prefix must be/],
  [{ container: 'b', os_auth_type: 'v3applicationcredential' }, /os_auth_url.*credential_id.*credential_secret/s],
])('refuses %j', (config, message) => {
  expect(faults(config)).toMatch(message);
});

it('takes ST_* variables and SWIFTCLIENT_INSECURE for keys that are absent', () => {
  const before = { ...process.env };
  Object.assign(process.env, {
    ST_AUTH: 'http://env/auth/v1.0',
    ST_USER: 'env:user',
    ST_KEY: 'env-key',
    SWIFTCLIENT_INSECURE: 'true',
  });
  try {
    expect(login({})).toMatchObject({ kind: 'v1', url: 'http://env/auth/v1.0', user: 'env:user' });
    expect(login({ user: 'own:user' })).toMatchObject({ user: 'own:user' });
    expect(configSchema.parse({ container: 'b' }).tls.verify).toBe(false);
    expect(configSchema.parse({ container: 'b', insecure: false }).tls.verify).toBe(true);
    process.env.ST_AUTH_VERSION = '3';
    expect(faults({ container: 'b' })).toMatch(/os_project_name is required/);
  } finally {
    process.env = before;
  }
});

it('describes every key and marks the secrets', () => {
  const described = configKeys(kedgeDriver);
  expect(described.filter(({ description, type }) => description === '' || type === 'any')).toEqual([]);
  expect(described.filter(({ secret }) => secret).map(({ key }) => key)).toEqual([
    'key',
    'os_password',
    'os_application_credential_secret',
    'os_auth_token',
  ]);
});

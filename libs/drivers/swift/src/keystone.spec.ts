import { StorageError } from '@kedge/object-store';
import { address, bytesOf, localServer, pieces, type LocalServer } from '@kedge/object-store/testing';
import type { ServerResponse } from 'node:http';
import { configSchema } from './settings.js';
import { SwiftDriver } from './swift-driver.js';

// No Keystone is at hand for the integration tests, so these are small servers that speak its protocol (Identity API v2.0
// and v3) and, on the same port, as much of Swift as a put, a get and a look-up need.

const servers: LocalServer[] = [];
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.close()));
});

type Answer = (request: LocalServer['requests'][number], response: ServerResponse, url: string) => boolean;

/** A server whose tokens are `token-1`, `token-2` ... ; only the newest is accepted, `answer` comes first. */
async function keystone(answer: Answer = () => false) {
  const state = { tokens: 0, logins: [] as unknown[], objects: new Map<string, string>() };
  const server: LocalServer = await localServer((request, response) => {
    if (answer(request, response, server.url)) return;
    if (request.method === 'POST') {
      state.logins.push(JSON.parse(request.body));
      const token = `token-${++state.tokens}`;
      if (request.url === '/v3/auth/tokens') {
        response.writeHead(201, { 'x-subject-token': token });
        response.end(JSON.stringify({ token: { catalog: catalogV3(server.url) } }));
      } else if (request.url === '/v2.0/tokens') {
        response.end(JSON.stringify({ access: { token: { id: token }, serviceCatalog: catalogV2(server.url) } }));
      } else response.writeHead(404).end();
      return;
    }
    if (request.headers['x-auth-token'] !== `token-${state.tokens}`) return void response.writeHead(401).end();
    if (request.method === 'PUT') {
      state.objects.set(request.url, request.body);
      return void response.writeHead(201).end();
    }
    const found = state.objects.get(request.url);
    response.writeHead(found === undefined ? 404 : 200, { 'content-length': found?.length ?? 0 }).end(found);
  });
  servers.push(server);
  return { ...state, state, url: server.url, requests: server.requests };
}

const endpoints = (url: string) => [
  { interface: 'internal', region: 'North', url: `${url}/v1/internal-north` },
  { interface: 'public', region: 'North', url: `${url}/v1/north/` },
  { interface: 'public', region: 'South', url: `${url}/v1/south` },
];
const catalogV3 = (url: string) => [
  { type: 'identity', endpoints: [{ interface: 'public', region: 'North', url }] },
  { type: 'object-store', endpoints: endpoints(url) },
];
const catalogV2 = (url: string) => [
  {
    type: 'object-store',
    endpoints: [{ region: 'North', publicURL: `${url}/v1/north`, internalURL: `${url}/v1/int` }],
  },
];

const driverOf = (url: string, config: object) =>
  new SwiftDriver(configSchema.parse({ container: 'box', os_auth_url: url, retries: 0, ...config }));
const password = { os_username: 'ann', os_password: 'hunter2' };
const v3 = { ...password, os_project_name: 'p', auth_version: '3' };

async function failureOf(driver: SwiftDriver): Promise<StorageError> {
  const failure: unknown = await driver.init().catch((error: unknown) => error);
  if (!(failure instanceof StorageError)) throw new Error(`no StorageError: ${String(failure)}`);
  expect(`${failure.message} ${JSON.stringify(failure)}`).not.toMatch(/hunter2/);
  return failure;
}

it.each([
  [
    'v2',
    { ...password, os_tenant_name: 't' },
    { auth: { passwordCredentials: { username: 'ann', password: 'hunter2' }, tenantName: 't' } },
    '/v1/north/box/',
  ],
  [
    'v3 by name',
    { ...v3, os_project_domain_name: 'D', os_user_domain_name: 'E', os_region_name: 'South' },
    {
      auth: {
        identity: {
          methods: ['password'],
          password: { user: { name: 'ann', domain: { name: 'E' }, password: 'hunter2' } },
        },
        scope: { project: { name: 'p', domain: { name: 'D' } } },
      },
    },
    '/v1/south/box/',
  ],
  [
    'v3 by id',
    {
      os_password: 'hunter2',
      os_user_id: 'u1',
      os_project_id: 'p1',
      os_user_domain_id: 'd',
      os_endpoint_type: 'internalURL',
    },
    {
      auth: {
        identity: { methods: ['password'], password: { user: { id: 'u1', password: 'hunter2' } } },
        scope: { project: { id: 'p1' } },
      },
    },
    '/v1/internal-north/box/',
  ],
  [
    'an application credential',
    {
      os_auth_type: 'v3applicationcredential',
      os_application_credential_id: 'c1',
      os_application_credential_secret: 'hunter2',
    },
    {
      auth: {
        identity: { methods: ['application_credential'], application_credential: { id: 'c1', secret: 'hunter2' } },
      },
    },
    '/v1/north/box/',
  ],
])('logs in with Keystone %s', async (_name, config, login, path) => {
  const { url, state, requests } = await keystone();
  const driver = driverOf(url, config);
  const { uri } = await driver.put(address(), pieces(Buffer.from('content')));
  expect((await bytesOf(await driver.get(uri))).toString()).toBe('content');
  expect(state.logins).toEqual([login]);
  expect(requests[1]?.url.startsWith(path)).toBe(true);
  await driver.close();
});

it('logs in once for many at the same time, and again when the token has ended', async () => {
  const { url, state } = await keystone();
  const driver = driverOf(url, v3);
  const put = () => driver.put(address(), pieces(Buffer.from('content')));
  const stored = await Promise.all(Array.from({ length: 5 }, put));
  expect(state.logins).toHaveLength(1);
  state.tokens += 1; // ends token-1
  const sizes = await Promise.all(stored.map(({ uri }) => driver.stat(uri)));
  expect(sizes).toEqual(stored.map(({ size }) => ({ size })));
  expect(state.logins).toHaveLength(2);
  await driver.close();
});

it('gives up when new tokens are refused as well', async () => {
  const { url, state } = await keystone((request, response) => {
    if (request.method === 'POST') return false;
    response.writeHead(401).end();
    return true;
  });
  const failure = await failureOf(driverOf(url, v3));
  expect(failure).toMatchObject({ code: 'access_denied' });
  expect(failure.message).toMatch(/does not accept the token, nor a new one/);
  expect(state.logins).toHaveLength(2);
});

it.each([
  [401, 'access_denied', /login at http.*\/v3\/auth\/tokens answered 401: user "ann", its password.* refused/],
  [400, 'invalid_config', /answered 400: .*check auth_version, names and domains/],
  [404, 'invalid_config', /there is no login of this kind/],
  [503, 'unavailable', /the login service is out of order/],
])('explains a login that is answered with %i', async (status, code, message) => {
  const { url } = await keystone((_, response) => {
    response.writeHead(status).end('{}');
    return true;
  });
  const failure = await failureOf(driverOf(url, v3));
  expect(failure.code).toBe(code);
  expect(failure.message).toMatch(message);
});

it('says which endpoints there are when none fits', async () => {
  const { url } = await keystone();
  const failure = await failureOf(driverOf(url, { ...v3, os_region_name: 'West' }));
  expect(failure).toMatchObject({ code: 'invalid_config' });
  expect(failure.message).toMatch(
    /no public endpoint of a service "object-store" in region "West" \(internal in North, public in North, public in South\); check os_region_name/,
  );
  const web = await keystone((_, response) => {
    response.writeHead(200, { 'x-subject-token': 't' }).end('<html>');
    return true;
  });
  expect((await failureOf(driverOf(web.url, v3))).message).toMatch(/did not answer in JSON; is it the url of Keystone/);
});

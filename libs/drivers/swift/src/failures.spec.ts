import { PartReader, StorageError } from '@kedge/object-store';
import {
  address,
  all,
  bytesOf,
  localServer,
  noise,
  pieces,
  selfSignedCertificate,
  type LocalServer,
} from '@kedge/object-store/testing';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SwiftClient } from './client.js';
import { storeSegments } from './segments.js';
import { configSchema } from './settings.js';
import { SwiftDriver } from './swift-driver.js';

// Small servers that answer as a healthy Swift cannot be made to.

const MIB = 1024 * 1024;
const servers: LocalServer[] = [];
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.close()));
});
async function serve(...parameters: Parameters<typeof localServer>): Promise<LocalServer> {
  const server = await localServer(...parameters);
  servers.push(server);
  return server;
}

const driverOf = (url: string, changes: object = {}) =>
  new SwiftDriver(
    configSchema.parse({
      container: 'box',
      os_auth_token: 'secret-token',
      os_storage_url: `${url}/v1/A`,
      retries: 0,
      segment_size: MIB,
      ...changes,
    }),
  );

async function failureOf(work: Promise<unknown>): Promise<StorageError> {
  const failure: unknown = await work.catch((error: unknown) => error);
  if (!(failure instanceof StorageError)) throw new Error(`no StorageError: ${String(failure)}`);
  expect(`${failure.message} ${JSON.stringify(failure)}`).not.toMatch(/secret-token/);
  return failure;
}

it.each([
  [403, '', 'access_denied', /may not write in container "box"/],
  [413, '<h1>Upload exceeds quota.</h1>', 'no_space', /413: Upload exceeds quota\.; raise the quota/],
  [413, '', 'invalid_config', /see segment_size and use_slo/],
  [422, '', 'integrity', /the bytes arrived damaged/],
  [507, '<p>Insufficient Storage</p>', 'no_space', /507: Insufficient Storage/],
  [503, '', 'unavailable', /answered 503/],
  [498, 'Rate limited', 'unavailable', /498: Rate limited/],
  [418, '', 'unknown', /answered 418/],
])('explains %i %s', async (status, text, code, message) => {
  const { url } = await serve((_, response) => response.writeHead(status).end(text));
  const failure = await failureOf(driverOf(url).init());
  expect(failure.message).toMatch(/^swift driver: self check: writing failed: /);
  expect(failure.message).toMatch(message);
  expect(failure.code).toBe(code);
});

it.each([
  ['GET', 'read', /reading back.*may not read/],
  ['DELETE', 'delete', /deleting.*may not delete/],
])('names the missing permission when %s is refused', async (method, _action, message) => {
  let content = '';
  const { url } = await serve((request, response) => {
    if (request.method === method) return response.writeHead(403).end();
    if (request.method === 'PUT') content = request.body;
    const listing = request.url.includes('format=json');
    const name = /kedge-self-check\.\w+/.exec(request.url)?.[0];
    return response.end(
      listing ? JSON.stringify([{ name, bytes: 1, last_modified: '2024-01-01T00:00:00.0' }]) : content,
    );
  });
  const failure = await failureOf(driverOf(url).init());
  expect(failure).toMatchObject({ code: 'access_denied' });
  expect(failure.message).toMatch(message);
});

it('names the server that is not there, silent or not trusted', async () => {
  const gone = await localServer(() => undefined);
  await gone.close();
  const refused = await failureOf(driverOf(gone.url).init());
  expect(refused).toMatchObject({ code: 'unavailable', retryable: true });
  expect(refused.message).toContain(`${gone.url} cannot be reached: nothing listens there`);
  expect((await failureOf(driverOf('http://kedge.invalid').init())).message).toMatch(
    /kedge\.invalid cannot be reached/,
  );
  const silent = await serve(() => undefined);
  expect((await failureOf(driverOf(silent.url, { timeout: 0.2 }).init())).message).toContain('did not answer in time');

  const tls = await selfSignedCertificate();
  const { url } = await serve((_, response) => response.writeHead(404).end(), tls);
  const distrust = await failureOf(driverOf(url).init());
  expect(distrust).toMatchObject({ code: 'invalid_config' });
  expect(distrust.message).toMatch(/TLS with https:.*signed by itself.*os_cacert.*insecure: true/);
  const folder = await mkdtemp(join(tmpdir(), 'kedge-swift-ca-'));
  await writeFile(join(folder, 'ca.pem'), tls.cert);
  for (const trust of [{ os_cacert: join(folder, 'ca.pem') }, { insecure: true }]) {
    expect(await driverOf(url, trust).stat('swift://box/a')).toBeUndefined();
  }
  await rm(folder, { recursive: true });
  const unreadable = await failureOf(driverOf(url, { os_cacert: '/missing/ca.pem' }).init());
  expect(unreadable.message).toMatch(/os_cacert \/missing\/ca\.pem cannot be read/);
});

it('repeats a request that failed in passing with the same bytes, as often as configured', async () => {
  let calls = 0;
  const { url, requests } = await serve((_, response) => response.writeHead(++calls < 3 ? 503 : 201).end());
  await driverOf(url, { retries: 2 }).put(address(), pieces(Buffer.from('body')));
  expect(requests.map(({ body }) => body)).toEqual(['body', 'body', 'body']);
  calls = -10;
  expect(await failureOf(driverOf(url, { retries: 1 }).stat('swift://box/a'))).toMatchObject({ code: 'unavailable' });
  expect(requests).toHaveLength(5);
});

it('removes its segments when one of them or the manifest fails', async () => {
  for (const failing of ['00000002', 'multipart-manifest=put']) {
    const names = new Set<string>();
    const { url } = await serve(({ method, url: path }, response) => {
      if (method === 'PUT' && path.includes(failing)) return response.writeHead(403).end();
      if (method === 'PUT') names.add(path);
      if (method === 'DELETE') names.delete(path);
      return response.writeHead(201).end();
    });
    const body = pieces(noise(5 * MIB));
    expect(await failureOf(driverOf(url).put(address(), body))).toMatchObject({ code: 'access_denied' });
    expect([...names]).toEqual([]);
    expect(body.destroyed).toBe(true);
  }
});

it('refuses content of too many segments before the server does, and clears them away', async () => {
  const names = new Set<string>();
  const { url } = await serve(({ method, url: path }, response) => {
    if (method === 'PUT') names.add(path);
    else names.delete(path);
    response.writeHead(201).end();
  });
  const client = new SwiftClient(
    configSchema.parse({ container: 'box', os_auth_token: 't', os_storage_url: `${url}/v1/A` }),
  );
  const parts = new PartReader(pieces(Buffer.alloc(1001)), 1);
  const target = { container: 'box', name: 'k-slo' };
  await expect(storeSegments(client, target, parts, undefined)).rejects.toThrow(
    /more than 1000 segments; raise segment_size/,
  );
  expect(names.size).toBe(0);
  client.close();
});

it('lists segments without a manifest a day later, so that they can be found and deleted', async () => {
  const hours = (n: number): string => new Date(Date.now() - n * 3_600_000).toISOString().replace('Z', '');
  const pages = [
    [
      { name: 'a/b/k.u1-slo', bytes: 9, last_modified: hours(48) },
      { name: 'a/b/k.u1-slo.segments/00000001', bytes: 5, last_modified: hours(48) },
    ],
    [
      { name: 'a/b/k.u1-slo.segments/00000002', bytes: 4, last_modified: hours(48) },
      { name: 'a/b/k.u2-slo.segments/00000001', bytes: 5, last_modified: hours(25) },
    ],
    [{ name: 'a/b/k.u3-slo.segments/00000001', bytes: 5, last_modified: hours(1) }],
  ];
  const { url, requests } = await serve((_, response) => response.end(JSON.stringify(pages.shift())));
  const driver = new SwiftDriver(
    configSchema.parse({ container: 'box', os_auth_token: 't', os_storage_url: `${url}/v1/A` }),
    2,
  );
  const listed = (await all(driver.list())).map(({ uri }) => uri);
  expect(listed).toEqual(['swift://box/a/b/k.u1-slo', 'swift://box/a/b/k.u2-slo.segments/00000001']);
  expect(requests.map(({ url: path }) => new URLSearchParams(path.split('?')[1]).get('marker'))).toEqual([
    '',
    'a/b/k.u1-slo.segments/00000001',
    'a/b/k.u2-slo.segments/00000001',
  ]);
});

it('believes the body, not the status, of a delete with segments', async () => {
  const { url } = await serve((_, response) => {
    response.end(JSON.stringify({ 'Response Status': '400 Bad Request', Errors: [['/box/a', '403 Forbidden']] }));
  });
  expect(await failureOf(driverOf(url).delete('swift://box/a.u-slo'))).toMatchObject({ code: 'access_denied' });
});

it('fails a reader when the connection breaks in the middle', async () => {
  const { url } = await serve((_, response) => {
    response.writeHead(200, { 'content-length': '1000' });
    response.write('half');
    setTimeout(() => response.destroy(), 20);
  });
  const failure = await failureOf(driverOf(url).get('swift://box/a').then(bytesOf));
  expect(failure).toMatchObject({ code: 'unavailable', context: { uri: 'swift://box/a' } });
});

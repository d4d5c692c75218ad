import { StorageError } from '@kedge/object-store';
import {
  address,
  bytesOf,
  localServer,
  noise,
  pieces,
  selfSignedCertificate,
  type LocalServer,
} from '@kedge/object-store/testing';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import type { ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { S3Driver } from './s3-driver.js';
import { configSchema } from './settings.js';

// Small servers that speak as much of the S3 protocol as a case needs: these are answers that the Swift of the
// integration tests cannot be made to give.

const keys = { access_key: 'AKIDEXAMPLE', secret_key: 'wJalrXUtnFEMI' };
const driverOf = (url: string, changes: object = {}) =>
  new S3Driver(configSchema.parse({ bucket: 'box', url, retries: 0, ...keys, ...changes }));

const servers: LocalServer[] = [];
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.close()));
});
async function serve(...parameters: Parameters<typeof localServer>): Promise<LocalServer> {
  const server = await localServer(...parameters);
  servers.push(server);
  return server;
}

function refuse(response: ServerResponse, status: number, code: string, more = ''): void {
  response.writeHead(status, { 'content-type': 'application/xml' });
  response.end(`<?xml version="1.0"?><Error><Code>${code}</Code><Message>no ${code}</Message>${more}</Error>`);
}

async function failureOf(work: Promise<unknown>): Promise<StorageError> {
  const failure: unknown = await work.catch((error: unknown) => error);
  if (!(failure instanceof StorageError)) throw new Error(`no StorageError: ${String(failure)}`);
  expect(`${failure.message} ${JSON.stringify(failure)}`).not.toMatch(/AKIDEXAMPLE|wJalrXUtnFEMI/);
  return failure;
}

it.each([
  [403, 'InvalidAccessKeyId', '', 'access_denied', /access_key AK\*\*\* is unknown there/],
  [400, 'ExpiredToken', '', 'access_denied', /session_token has expired/],
  [403, 'RequestTimeTooSkewed', '', 'access_denied', /the clocks of this machine and of http:.* differ.*NTP/],
  [301, 'PermanentRedirect', '<Region>eu-west-3</Region>', 'invalid_config', /another region.*set region to eu-west-3/],
  [400, 'AuthorizationHeaderMalformed', '<Region>eu-west-3</Region>', 'invalid_config', /set region to eu-west-3/],
  [503, 'SlowDown', '', 'unavailable', /503 SlowDown/],
  [500, 'InternalError', '', 'unavailable', /500 InternalError/],
  [507, 'XMinioStorageFull', '', 'no_space', /507 XMinioStorageFull/],
  [418, 'Teapot', '', 'unknown', /418 Teapot: no Teapot/],
])('explains %i %s', async (status, code, more, expected, message) => {
  const { url } = await serve((_, response) => refuse(response, status, code, more));
  const driver = driverOf(url);
  const failure = await failureOf(driver.init());
  expect(failure.message).toMatch(/^s3 driver: self check: writing failed: /);
  expect(failure.message).toMatch(message);
  expect(failure.code).toBe(expected);
  await driver.close();
});

it.each([
  ['GET', 'reading back', 's3:GetObject', 'k'],
  ['GET', 'listing', 's3:ListBucket', 'list-type'],
  ['DELETE', 'deleting', 's3:DeleteObject', 'k'],
])('names the missing permission when %s fails at %s', async (method, doing, permission, part) => {
  let content = '';
  const { url } = await serve((request, response) => {
    const listing = request.url.includes('list-type');
    if (request.method === method && (part === 'k') !== listing) return refuse(response, 403, 'AccessDenied');
    if (request.method === 'PUT') content = request.body;
    const Key = /kedge-self-check\.\w+/.exec(request.url)?.[0];
    const list = `<ListBucketResult><Contents><Key>${Key}</Key><Size>1</Size></Contents></ListBucketResult>`;
    response.end(listing ? list : request.method === 'GET' ? content : '');
  });
  const failure = await failureOf(driverOf(url).init());
  expect(failure).toMatchObject({ code: 'access_denied' });
  expect(failure.message).toMatch(`self check: ${doing} failed`);
  expect(failure.message).toMatch(`lack ${permission} on bucket "box"`);
});

it('says that content is denied when a look-up has no body to say why', async () => {
  const { url } = await serve((_, response) => response.writeHead(403).end());
  await expect(driverOf(url).stat('s3://box/a')).rejects.toMatchObject({ code: 'access_denied' });
});

it('fails with one line when no server, no host or no S3 is there', async () => {
  const gone = await localServer(() => undefined);
  const { url } = gone;
  await gone.close();
  const refused = await failureOf(driverOf(url).init());
  expect(refused).toMatchObject({ code: 'unavailable', retryable: true });
  expect(refused.message).toContain(`${url} cannot be reached: nothing listens there`);
  const nowhere = await failureOf(driverOf('http://kedge.invalid').init());
  expect(nowhere.message).toMatch(/kedge\.invalid cannot be reached: the host name/);
  const virtualHost = await failureOf(driverOf('http://kedge.invalid', { path_style: false }).init());
  expect(String(virtualHost.context.cause)).toContain('box.kedge.invalid');
  const web = await serve((_, response) => response.writeHead(404, { 'content-type': 'text/html' }).end('<p>no</p>'));
  expect((await failureOf(driverOf(web.url).init())).message).not.toMatch(/\n|undefined/);
});

it('gives up on a server that does not answer', async () => {
  const { url } = await serve(() => undefined);
  const failure = await failureOf(driverOf(url, { timeout: 0.2 }).init());
  expect(failure).toMatchObject({ code: 'unavailable' });
  expect(failure.message).toContain('did not answer in time');
});

it('trusts a certificate only when it is told to', async () => {
  const tls = await selfSignedCertificate();
  const { url } = await serve((_, response) => response.writeHead(404).end(), tls);
  const distrust = await failureOf(driverOf(url).init());
  expect(distrust).toMatchObject({ code: 'invalid_config' });
  expect(distrust.message).toMatch(/TLS with https:.*signed by itself.*ca_file.*verify_tls/);
  const plain = await failureOf(driverOf(url.replace('https', 'http')).init());
  expect(plain.message).not.toMatch(/TLS/);
  const folder = await mkdtemp(join(tmpdir(), 'kedge-s3-'));
  await writeFile(join(folder, 'ca.pem'), tls.cert);
  for (const trust of [{ ca_file: join(folder, 'ca.pem') }, { verify_tls: false }]) {
    expect(await driverOf(url, trust).stat('s3://box/a')).toBeUndefined();
  }
  await rm(folder, { recursive: true });
  const unreadable = await failureOf(driverOf(url, { ca_file: '/missing/ca.pem' }).init());
  expect(unreadable.message).toMatch(/ca_file \/missing\/ca\.pem cannot be read/);
  const http = await serve((_, response) => response.end());
  expect((await failureOf(driverOf(http.url.replace('http', 'https')).init())).message).toMatch(/does not speak TLS/);
});

it('sends what the bucket asks for: encryption, storage class, session token, region', async () => {
  const server = await serve((_, response) => response.end());
  const driver = driverOf(server.url, {
    server_side_encryption: 'aws:kms',
    kms_key_id: 'key-1',
    storage_class: 'STANDARD_IA',
    session_token: 'temporary',
    region: 'eu-west-1',
  });
  await driver.put(address(), pieces(Buffer.from('x')));
  expect(server.requests[0]?.headers).toMatchObject({
    'x-amz-server-side-encryption': 'aws:kms',
    'x-amz-server-side-encryption-aws-kms-key-id': 'key-1',
    'x-amz-storage-class': 'STANDARD_IA',
    'x-amz-security-token': 'temporary',
    authorization: expect.stringContaining('/eu-west-1/s3/') as unknown,
  });
  expect(server.requests[0]?.headers).not.toHaveProperty('x-amz-sdk-checksum-algorithm');
  await driver.close();
});

it('takes no acceptance for a proof where a service compares nothing, but a tag', async () => {
  const stored = new Map<string, string>();
  let tag = '"of its own"';
  const server = await serve(({ method, url, body }, response) => {
    const name = url.split('?')[0] ?? '';
    if (method === 'PUT') stored.set(name, body);
    if (method === 'DELETE') stored.delete(name);
    const key = [...stored.keys()][0]?.replace('/box/', '');
    const listed = `<ListBucketResult><Contents><Key>${key}</Key></Contents></ListBucketResult>`;
    if (url.includes('list-type')) return response.end(listed);
    response.writeHead(stored.has(name) || method === 'DELETE' ? 200 : 404, { etag: tag });
    response.end(method === 'GET' ? stored.get(name) : undefined);
  });
  const driver = driverOf(server.url);
  await driver.init();
  expect(stored.size).toBe(0);
  expect(await driver.put(address(), pieces(Buffer.from('x')))).not.toHaveProperty('proven');
  tag = '"9dd4e461268c8034f5c8564e155c67a6"'; // MD5 of "x"
  expect(await driver.put(address(), pieces(Buffer.from('x')))).toHaveProperty('proven', true);
  await driver.close();
});

it('says which option a service lacks', async () => {
  const { url } = await serve((_, response) => refuse(response, 400, 'InvalidStorageClass'));
  const failure = await failureOf(driverOf(url, { storage_class: 'GLACIER' }).put(address(), pieces(noise(5))));
  expect(failure).toMatchObject({ code: 'invalid_config' });
  expect(failure.message).toMatch(/does it offer storage_class: GLACIER\?/);
});

it('repeats a request that failed in passing, as often as configured', async () => {
  let calls = 0;
  const { url, requests } = await serve((_, response) => {
    if (++calls < 3) refuse(response, 503, 'SlowDown');
    else response.end();
  });
  await driverOf(url, { retries: 2 }).put(address(), pieces(Buffer.from('body')));
  expect(requests.map(({ body }) => body)).toEqual(['body', 'body', 'body']);
});

it('creates a bucket in its region', async () => {
  let created = false;
  const { url, requests } = await serve((request, response) => {
    if (request.body.includes('LocationConstraint')) created = true;
    else if (!created) return refuse(response, 404, 'NoSuchBucket');
    else if (request.method === 'GET') return refuse(response, 403, 'AccessDenied');
    response.end();
  });
  const driver = driverOf(url, { region: 'eu-west-1', create_bucket: true });
  expect((await failureOf(driver.init())).message).toMatch(/reading back failed/);
  const [, create, again] = requests;
  expect(create?.body).toContain('<LocationConstraint>eu-west-1</LocationConstraint>');
  expect(again?.url).toBe(requests[0]?.url);
});

it('aborts a multipart upload whose part fails', async () => {
  const { url, requests } = await serve((request, response) => {
    if (request.method === 'POST') response.end('<R><UploadId>u1</UploadId></R>');
    else if (request.url.includes('partNumber=2')) refuse(response, 403, 'AccessDenied');
    else response.writeHead(request.method === 'DELETE' ? 204 : 200, { etag: '"e"' }).end();
  });
  const body = pieces(noise(16 * 1024 * 1024));
  expect(await failureOf(driverOf(url).put(address(), body))).toMatchObject({ code: 'access_denied' });
  expect(body.destroyed).toBe(true);
  expect(requests.filter(({ method, url: path }) => method === 'DELETE' && path.includes('uploadId=u1'))).toHaveLength(
    1,
  );
  expect(requests.some(({ body: sent }) => sent.includes('CompleteMultipartUpload'))).toBe(false);
});

it('deletes 1,000 a call with Content-MD5 and reports what stayed', async () => {
  const { url, requests } = await serve((request, response) => {
    const denied = /<Key>a7<\/Key>/.test(request.body);
    response.end(
      `<DeleteResult>${denied ? '<Error><Key>a7</Key><Code>AccessDenied</Code><Message>no</Message></Error>' : ''}</DeleteResult>`,
    );
  });
  const failures = await driverOf(url).deleteMany(Array.from({ length: 1001 }, (_, n) => `s3://box/a${n}`));
  expect(requests.map(({ method, url: path }) => `${method} ${path}`)).toEqual([
    'POST /box/?delete=',
    'POST /box/?delete=',
  ]);
  expect(requests.map(({ body }) => body.match(/<Key>/g)?.length)).toEqual([1000, 1]);
  for (const { headers } of requests) expect(headers['content-md5']).toMatch(/^[A-Za-z0-9+/]{22}==$/);
  expect(failures).toEqual([
    { uri: 's3://box/a7', error: expect.objectContaining({ code: 'access_denied' }) as unknown },
  ]);
});

it('deletes one by one where a service does not take many', async () => {
  const { url, requests } = await serve((request, response) => {
    if (request.method === 'POST') refuse(response, 501, 'NotImplemented');
    else response.writeHead(204).end();
  });
  expect(await driverOf(url).deleteMany(['s3://box/a', 's3://box/b'])).toEqual([]);
  expect(requests.map(({ method }) => method).sort()).toEqual(['DELETE', 'DELETE', 'POST']);
});

it('fails a reader when the connection breaks in the middle', async () => {
  const { url } = await serve((_, response) => {
    response.writeHead(200, { 'content-length': '1000' });
    response.write('half');
    setTimeout(() => response.destroy(), 20);
  });
  const failure = await failureOf(driverOf(url).get('s3://box/a').then(bytesOf));
  expect(failure).toMatchObject({ code: 'unavailable', context: { uri: 's3://box/a' } });
});

it('says where ambient credentials were looked for', async () => {
  const names = [
    'AWS_ACCESS_KEY_ID',
    'AWS_PROFILE',
    'AWS_EC2_METADATA_DISABLED',
    'AWS_SHARED_CREDENTIALS_FILE',
    'AWS_CONFIG_FILE',
  ];
  const before = names.map((name) => [name, process.env[name]] as const);
  for (const name of names) delete process.env[name];
  Object.assign(process.env, {
    AWS_EC2_METADATA_DISABLED: 'true',
    AWS_SHARED_CREDENTIALS_FILE: '/dev/null',
    AWS_CONFIG_FILE: '/dev/null',
  });
  try {
    const driver = new S3Driver(configSchema.parse({ bucket: 'box', iamauto: true }));
    const failure = await failureOf(driver.init());
    expect(failure).toMatchObject({ code: 'access_denied' });
    expect(failure.message).toMatch(/iamauto found no credentials in environment.*set access_key and secret_key/);
  } finally {
    for (const [name, value] of before) {
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
    }
  }
});

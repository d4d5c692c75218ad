import { randomBytes } from 'node:crypto';
import { request } from 'node:http';
import { PASSWORD, startCatalog, type TestCatalog } from '../testing/start-catalog.js';

let catalog: TestCatalog;
beforeAll(async () => {
  catalog = await startCatalog();
});
afterAll(() => catalog.stop());

const authorization = `Basic ${Buffer.from(`admin:${PASSWORD}`).toString('base64')}`;

function raw(
  method: string,
  path: string,
  options: { body?: string | ReadableStream; headers?: Record<string, string> } = {},
) {
  return fetch(`${catalog.service.url}/v1${path}`, {
    method,
    headers: { authorization, 'content-type': 'application/octet-stream', ...options.headers },
    ...(options.body === undefined ? {} : { body: options.body, duplex: 'half' }),
  });
}

describe('raw objects', () => {
  it.each(['POST', 'PUT'])('go in by %s and come out as they were, whole and in parts', async (method) => {
    const bytes = randomBytes(3_000_000);
    const path = `/objects/raw/some_bucket/${encodeURIComponent('a/b key')}`;
    const stream = new Blob([bytes]).stream();
    const stored = await raw(method, path, { body: stream });
    expect([stored.status, await stored.json()]).toEqual([200, expect.stringMatching(/\/some_bucket\/a%2Fb%20key$/)]);
    const whole = await raw('GET', path);
    expect(whole.headers.get('content-type')).toBe('application/octet-stream');
    expect(whole.headers.get('content-length')).toBe(String(bytes.length));
    expect(Buffer.from(await whole.arrayBuffer()).equals(bytes)).toBe(true);
    const part = await raw('GET', path, { headers: { range: 'bytes=1000000-1999999' } });
    expect([part.status, part.headers.get('content-range')]).toEqual([206, `bytes 1000000-1999999/${bytes.length}`]);
    expect(Buffer.from(await part.arrayBuffer()).equals(bytes.subarray(1_000_000, 2_000_000))).toBe(true);
    const none = await raw('GET', path, { headers: { range: 'bytes=3000000-' } });
    expect([none.status, none.headers.get('content-range')]).toEqual([416, `bytes */${bytes.length}`]);
    for (let times = 0; times < 2; times += 1) {
      const deleted = await raw('DELETE', path, { headers: { 'content-type': 'application/json' } });
      expect([deleted.status, await deleted.json()]).toEqual([200, null]);
    }
    expect((await raw('GET', path)).status).toBe(404);
  });

  it('leave nothing behind when the client goes away in the middle', async () => {
    const upload = request(`${catalog.service.url}/v1/objects/raw/cut/off`, {
      method: 'POST',
      headers: { authorization, 'content-type': 'application/octet-stream' },
    });
    const broken = new Promise((resolve) => upload.once('close', resolve));
    upload.on('error', () => undefined); // our own doing
    upload.write(randomBytes(3_000_000), () => upload.destroy());
    await broken;
    expect((await raw('GET', '/objects/raw/cut/off')).status).toBe(404);
  });

  it('want bytes; other routes do not', async () => {
    expect((await catalog.call('POST /v1/objects/raw/b/k', { body: { a: 1 } })).status).toBe(400);
    expect((await raw('POST', '/images', { body: 'x' })).status).toBe(415);
  });
});

describe('JSON objects', () => {
  it('are stored as they are sent, for the account in which the request acts', async () => {
    const document = { document: { text: 'é', list: [1, null] } };
    for (const method of ['POST', 'PUT']) {
      const stored = await catalog.call(`${method} /v1/objects/docs/one`, { body: document });
      expect([stored.status, stored.body]).toEqual([200, expect.stringMatching(/\/v1\/archive\/docs\/one$/)]);
    }
    expect((await catalog.call('GET /objects/docs/one')).body).toEqual(document);
    expect((await catalog.call('GET /v1/archive/docs/one')).body).toEqual(document); // one store for both by default
    expect(
      await catalog.service.context.stores.objectStore.getDocument({ account: 'admin', bucket: 'docs', key: 'one' }),
    ).toEqual(document.document);
    await catalog.call('POST /v1/accounts', { body: { name: 'other', email: 'a@b.c' } });
    expect((await catalog.call('GET /v1/objects/docs/one', { account: 'other' })).status).toBe(404);
    expect((await catalog.call('DELETE /v1/objects/docs/one')).body).toBeNull();
    expect(await catalog.call('GET /v1/objects/docs/one')).toMatchObject({
      status: 404,
      body: { httpcode: 404, detail: { error_codes: [] } },
    });
    expect((await catalog.call('POST /v1/objects/docs/one', { text: '' })).status).toBe(400);
  });
});

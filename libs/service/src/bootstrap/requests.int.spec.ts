import { once } from 'node:events';
import { request, type IncomingMessage } from 'node:http';
import { basic, json, ServiceBed } from '../testing/service-bed.js';

let bed: ServiceBed;
beforeAll(async () => {
  bed = await ServiceBed.start();
});
afterAll(() => bed.close());
const call = (path: string, options?: RequestInit) => bed.call(path, options);

describe('requests', () => {
  it('reach the same route with and without prefix, slash, encoding and body', async () => {
    for (const path of ['/things', '/v1/things', '/things/', '/v1/things/?q=']) {
      expect(await call(path, { headers: json })).toMatchObject({ status: 200, body: { service: 'policy_engine' } });
    }
    expect((await call('/things/sha256:ab')).body).toEqual({ digest: 'sha256:ab' });
    expect((await call('/things/sha256%3Aab')).body).toEqual({ digest: 'sha256:ab' });
    expect((await call('/things/host%2Frepo')).body).toEqual({ digest: 'host/repo' });
  });

  it('may announce JSON and send none', async () => {
    expect(await call('/things/empty', { method: 'POST', headers: json })).toMatchObject({
      status: 201,
      body: { body: null },
    });
    expect((await call('/things/empty', { method: 'DELETE', headers: json })).status).toBe(405);
  });

  it('may be as large as 100 MB, not larger, and 1 MB from strangers', async () => {
    const stranger = { method: 'POST', headers: json, body: JSON.stringify({ id: 'x'.repeat(2 * 1024 * 1024) }) };
    const known = { ...stranger, headers: { ...json, ...basic('any:body') } };
    expect(await call('/things', stranger)).toMatchObject({ status: 401, body: 'Unauthorized' });
    expect((await call('/things', known)).status).toBe(201);
    const announced = request(`${bed.service.url}/things`, {
      method: 'POST',
      headers: { ...known.headers, 'content-length': 101 * 1024 * 1024 },
    });
    announced.on('error', () => undefined).flushHeaders(); // the server may hang up on the rest
    const [answer] = (await once(announced, 'response')) as [IncomingMessage];
    expect(answer.statusCode).toBe(413);
    expect(answer.headers['content-type']).toBe('application/problem+json');
    announced.destroy();
  });

  it('carry an id that the answer repeats', async () => {
    expect((await call('/health', { headers: { 'x-request-id': 'from-proxy-1' } })).headers.get('x-request-id')).toBe(
      'from-proxy-1',
    );
    expect((await call('/health', { headers: { 'x-request-id': 'a b' } })).headers.get('x-request-id')).toMatch(
      /^[0-9a-f-]{36}$/,
    );
  });

  it('need the service token where only services may call', async () => {
    expect((await call('/things/internal', { headers: { authorization: `Bearer ${bed.token}` } })).body).toEqual({
      let: 'in',
    });
    for (const authorization of [undefined, 'Bearer x', `Bearer ${bed.token}x`, `Basic ${bed.token}`, bed.token]) {
      const answer = await call('/things/internal', { headers: authorization === undefined ? {} : { authorization } });
      expect(answer).toMatchObject({ status: 401, body: 'Unauthorized' });
    }
  });
});

describe('the request log', () => {
  it('has one line a request, with its id, without credentials and query; none for probes', async () => {
    bed.log.length = 0;
    const headers = { ...basic('admin:hidden-password'), 'x-request-id': 'r-1' };
    await call('/things?q=hidden-query', { headers });
    await call('/nothing?q=hidden-query', { headers });
    await call('/things', { method: 'POST', headers: { ...headers, ...json }, body: '{"hidden' });
    await call('/health', { headers });
    await call('/v1/health/ready', { headers });
    const lines = bed.log.map((line) => JSON.parse(line));
    expect(lines.map(({ requestId, method, path, status }) => [requestId, method, path, status])).toEqual([
      ['r-1', 'GET', '/v1/things', 200],
      ['r-1', 'GET', '/v1/nothing', 404],
      ['r-1', 'POST', '/v1/things', 400],
    ]);
    expect(bed.log.join('')).not.toMatch(/hidden|Basic/);
  });
});

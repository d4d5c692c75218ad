import { startCatalog, type TestCatalog } from '../testing/start-catalog.js';

let catalog: TestCatalog;
beforeAll(async () => {
  catalog = await startCatalog();
});
afterAll(() => catalog.stop());

describe('every route', () => {
  it('asks for credentials with the challenge that clients wait for, before it looks at anything else', async () => {
    for (const [request, options] of [
      ['GET /v1/policies', { as: null }],
      ['GET /policies', { as: null }],
      ['POST /v1/policies', { as: null, body: { no: 'bundle' } }],
      ['GET /v1/policies?detail=maybe', { as: 'admin:wrong' }],
      ['GET /v1/user', { as: 'nobody:foobar' }],
      ['GET /v1/user', { as: null, headers: { authorization: 'Bearer x' } }],
    ] as const) {
      const { status, type, body, headers } = await catalog.call(request, options);
      expect({ request, status, type, body }).toEqual({
        request,
        status: 401,
        type: 'text/html',
        body: 'Unauthorized',
      });
      expect(headers.get('www-authenticate')).toBe('basic realm="Authentication required"');
    }
  });

  it('answers with and without /v1', async () => {
    for (const path of ['/v1', '/', '/v1/']) expect((await catalog.call(`GET ${path}`, { as: null })).body).toBe('v1');
    expect((await catalog.call('GET /health', { as: null })).body).toBe('ok');
    expect((await catalog.call('GET /version', { as: null })).body.api).toEqual({});
    expect((await catalog.call('GET /v2/version', { as: null })).status).toBe(404);
    expect((await catalog.call('GET /policies/')).body).toEqual((await catalog.call('GET /v1/policies')).body);
  });

  it('takes booleans in any letter case and refuses everything else as a problem', async () => {
    for (const value of ['true', 'True', 'TRUE']) {
      expect((await catalog.call(`GET /policies?detail=${value}&unknown=1`)).body[0].policybundle.id).toBeDefined();
    }
    expect((await catalog.call('GET /policies?detail=False')).body[0].policybundle).toEqual({});
    expect(await catalog.call('GET /policies?detail=yes')).toMatchObject({
      status: 400,
      type: 'application/problem+json',
      body: { type: 'about:blank', title: 'Bad Request', status: 400, detail: expect.stringContaining("'detail'") },
    });
  });

  it('accepts an empty body that is announced as JSON, and names the key that a body lacks', async () => {
    expect((await catalog.call('POST /system/feeds?flush=False', { text: '' })).status).toBe(200);
    expect((await catalog.call('DELETE /subscriptions/none', { text: '' })).body).toBe(true);
    expect(
      await catalog.call('POST /policies', { body: { version: '1_0', policies: [], mappings: [] } }),
    ).toMatchObject({
      status: 400,
      type: 'application/problem+json',
      body: { detail: "'id' is a required property" },
    });
    expect((await catalog.call('POST /accounts', { text: '{' })).status).toBe(400);
  });
});

describe('a NUL character', () => {
  it.each([
    ['GET /policies/a%00b', undefined],
    ['GET /events?level=a%00b', undefined],
    ['POST /subscriptions', { subscription_key: 'a\0b', subscription_type: 'tag_update' }],
    ['POST /registries?validate=false', { registry: 'r.example', registry_pass: 'a\0b' }],
    ['POST /accounts', { name: 'team1', email: 'a\0b' }],
  ])('is refused: %s', async (request, body) => {
    expect(await catalog.call(request, { body })).toMatchObject({ status: 400, type: 'application/problem+json' });
  });
});

describe('the description of the API', () => {
  it('is public, names a version of dotted integers and knows the routes', async () => {
    for (const path of ['/swagger.json', '/v1/swagger.json', '/openapi.json']) {
      const { status, body } = await catalog.call(`GET ${path}`, { as: null });
      expect(status).toBe(200);
      expect(body.info.version).toBe('0.1.20');
      expect(Object.keys(body.paths)).toEqual(expect.arrayContaining(['/v1/policies', '/v1/accounts/{accountname}']));
      expect(body.paths['/v1/policies'].post.requestBody.content['application/json'].schema.$ref).toMatch(
        /PolicyBundle/,
      );
      expect(body.components.schemas.PolicyBundle.required).toEqual(['id', 'version', 'policies', 'mappings']);
    }
    expect((await catalog.call('GET /swagger.yaml', { as: null })).body).toContain('version: 0.1.20');
  });
});

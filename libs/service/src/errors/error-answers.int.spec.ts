import { json, ServiceBed } from '../testing/service-bed.js';

let bed: ServiceBed;
beforeAll(async () => {
  bed = await ServiceBed.start();
});
afterAll(() => bed.close());
const call = (path: string, options?: RequestInit) => bed.call(path, options);

describe('errors', () => {
  const problem = (status: number, title: string, detail: unknown) => ({
    status,
    type: 'application/problem+json',
    body: { type: 'about:blank', title, status, detail },
  });
  const engine = (status: number, message: string, codes: string[] = []) => ({
    status,
    type: 'application/json',
    body: { message, httpcode: status, detail: { error_codes: codes } },
  });

  it.each([
    ['api', engine(409, 'it exists already', ['UNKNOWN'])],
    ['nullDetail', { body: { message: 'conflict', httpcode: 409, detail: null } }],
    ['nest', problem(400, 'Bad Request', 'detail must be true or false')],
    ['storage', engine(503, 'the object store is not available; try again later')],
    ['image', engine(400, 'registry refuses docker.io/library/x', ['REGISTRY_PERMISSION_DENIED'])],
    ['analysis', engine(500, 'layer 2 is damaged')],
    ['config', engine(500, 'the configuration of the service is not valid')],
    ['surprise', problem(500, 'Internal Server Error', expect.stringMatching(/request id [0-9a-f-]{36}$/))],
  ])('are answered by their type: %s', async (kind, expected) => {
    expect(await call(`/things/fail/${kind}`)).toMatchObject(expected);
  });

  it('that nobody expected are in the log with the id that the user sees, and only there', async () => {
    bed.log.length = 0;
    const { body } = await call('/things/fail/surprise', { headers: { 'x-request-id': 'find-me' } });
    expect(JSON.stringify(body)).not.toContain('4711');
    const line = bed.log.map((text) => JSON.parse(text)).find((entry) => entry.err);
    expect(line).toMatchObject({
      level: 'error',
      requestId: 'find-me',
      err: { message: 'internal detail 4711', stack: expect.any(String) },
    });
  });

  it.each([
    ['an unknown path', '/nothing', {}, problem(404, 'Not Found', expect.any(String))],
    ['an unknown path below a prefix', '/v1/things/a/b/c', {}, problem(404, 'Not Found', expect.any(String))],
    ['another method', '/things', { method: 'PATCH' }, problem(405, 'Method Not Allowed', expect.any(String))],
    [
      'broken JSON',
      '/things',
      { method: 'POST', headers: json, body: '{"id":' },
      problem(400, 'Bad Request', expect.any(String)),
    ],
    [
      'a wrong content type',
      '/things',
      { method: 'POST', headers: { 'content-type': 'text/csv' }, body: 'a,b' },
      problem(415, 'Unsupported Media Type', expect.any(String)),
    ],
    ['a broken path', '/things/%zz', {}, problem(400, 'Bad Request', expect.any(String))],
    [
      'a missing key',
      '/things',
      { method: 'POST', headers: json, body: '{}' },
      problem(400, 'Bad Request', `'id' is a required property`),
    ],
    ['no body', '/things', { method: 'POST', headers: json }, problem(400, 'Bad Request', expect.any(String))],
    [
      'several faults',
      '/things',
      { method: 'POST', headers: json, body: '{"rules":[{},{"action":"run"}]}' },
      problem(
        400,
        'Bad Request',
        expect.stringMatching(
          /^'id' is a required property; 'action' is a required property - 'rules.0'; rules.1.action: /,
        ),
      ),
    ],
  ])('are problems for %s', async (_what, path, options, expected) => {
    expect(await call(path, options)).toMatchObject(expected);
  });

  it('name the allowed methods', async () => {
    expect((await call('/things', { method: 'PATCH' })).headers.get('allow')).toBe('GET, HEAD, POST');
  });
});

import { createTestDatabase, type TestDatabase } from '@kedge/database/testing';
import { once } from 'node:events';
import { request, type IncomingMessage } from 'node:http';
import { Writable } from 'node:stream';
import { hashPassword } from '../auth/password.js';
import { createLogger } from '../logging/create-logger.js';
import { installJobQueue } from '../queue/install-job-queue.js';
import { probeService } from '../testing/probe-service.js';
import { writeConfig, type ConfigFile } from '../testing/service-config.js';
import type { RunningService } from './service-definition.js';
import { startService } from './start-service.js';

let database: TestDatabase;
let file: ConfigFile;
let service: RunningService;
let token: string;
const log: string[] = [];
const logger = createLogger(
  { name: 'probe', level: 'INFO' },
  new Writable({ write: (chunk: Buffer, _encoding, done) => done(void log.push(chunk.toString())) }),
);

const basic = (text: string) => ({ authorization: `Basic ${Buffer.from(text).toString('base64')}` });
const json = { 'content-type': 'application/json' };

async function call(path: string, options: RequestInit = {}) {
  const response = await fetch(`${service.url}${path}`, options);
  const body = await response.text();
  const type = response.headers.get('content-type')?.split(';')[0];
  return {
    status: response.status,
    type,
    body: type?.endsWith('json') ? JSON.parse(body) : body,
    headers: response.headers,
  };
}

beforeAll(async () => {
  database = await createTestDatabase();
  await installJobQueue(database.settings);
  await database.sql.query(`INSERT INTO accounts (name, type, state, created_at, last_updated)
    VALUES ('admin', 'admin', 'enabled', 1, 1), ('off', 'user', 'disabled', 1, 1)`);
  for (const [user, account] of [
    ['admin', 'admin'],
    ['gone', 'off'],
  ]) {
    await database.sql.query(
      `INSERT INTO account_users (username, account_name, created_at, last_updated) VALUES ($1, $2, 1, 1)`,
      [user, account],
    );
    await database.sql.query(`INSERT INTO user_access_credentials (username, value, created_at) VALUES ($1, $2, 1)`, [
      user,
      await hashPassword('foo:bar'),
    ]);
  }
  const [row] = await database.sql.query<{ value: string }>(
    `SELECT value FROM kedge_setting WHERE name = 'service_token'`,
  );
  token = row?.value ?? '';
  file = await writeConfig(database.url, 'metrics: { enabled: true }\n');
  service = await startService(probeService, file.config, { logger, heartbeatSeconds: 1 });
});
afterAll(async () => {
  await service.close();
  await file.remove();
  await database.drop();
});

describe('common endpoints', () => {
  it.each(['', '/v1'])('answers health and version below "%s", to anybody', async (prefix) => {
    expect(await call(`${prefix}/health`)).toMatchObject({ status: 200, type: 'application/json', body: 'ok' });
    expect(await call(`${prefix}/health/ready`)).toMatchObject({ status: 200, body: 'ok' });
    expect(await call(`${prefix}/`)).toMatchObject({ status: 200, type: 'application/json', body: 'v1' });
    expect((await call(`${prefix}/version`)).body).toEqual({
      service: { version: expect.stringMatching(/^\d+\.\d+\.\d+$/) },
      api: {},
      db: { schema_version: expect.stringMatching(/^0\.0\.[1-9]\d*$/) },
    });
    expect((await call(`/v2/version`)).status).toBe(404);
  });

  it('tells its status to users and services only', async () => {
    expect(await call('/status')).toMatchObject({ status: 401, type: 'text/html', body: 'Unauthorized' });
    expect((await call('/status')).headers.get('www-authenticate')).toBe('basic realm="Authentication required"');
    for (const wrong of ['admin:foo:baz', 'admin:', 'nobody:foo:bar', 'gone:x', 'a\0b:c']) {
      expect((await call('/status', { headers: basic(wrong) })).status).toBe(401);
    }
    expect(await call('/status', { headers: basic('gone:foo:bar') })).toMatchObject({
      status: 403,
      body: { message: 'Not authorized. Account off not enabled.', httpcode: 403, detail: { error_codes: [] } },
    });
    const answer = await call('/v1/status', { headers: basic('admin:foo:bar') });
    expect(answer.body).toMatchObject({ up: true, available: true, detail: { enable_package_db_load: true } });
    expect((await call('/status', { headers: { authorization: `Bearer ${token}` } })).status).toBe(200);
  });

  it('lets a changed password count at once', async () => {
    expect((await call('/status', { headers: basic('admin:foo:bar') })).status).toBe(200);
    await database.sql.query(`UPDATE user_access_credentials SET value = $1 WHERE username = 'admin'`, [
      await hashPassword('new'),
    ]);
    expect((await call('/status', { headers: basic('admin:foo:bar') })).status).toBe(401);
    await database.sql.query(`UPDATE user_access_credentials SET value = $1 WHERE username = 'admin'`, [
      await hashPassword('foo:bar'),
    ]);
  });

  it('shows metrics to users: requests, drivers, queues, process', async () => {
    expect((await call('/metrics')).status).toBe(401);
    await call('/things');
    await call('/nothing-here');
    const { type, body } = await call('/metrics', { headers: basic('admin:foo:bar') });
    expect(type).toBe('text/plain');
    expect(body).toMatch(/flask_http_request_total\{method="GET",status="200"\} \d/);
    expect(body).toMatch(
      /flask_http_request_duration_seconds_count\{method="GET",status="200",endpoint="\/v1\/things"\} \d/,
    );
    expect(body).toMatch(/endpoint="unknown"/);
    expect(body).toMatch(/anchore_service_info\{version="[\d.]+",servicename="policy_engine"\} 1/);
    expect(body).toMatch(/anchore_queue_length\{queuename="analyze-image"\} 0/);
    expect(body).toMatch(/kedge_storage_operation_seconds_count\{driver="db",operation="init"\} 1/);
    expect(body).toMatch(/process_cpu_user_seconds_total/);
    expect(body).not.toMatch(/endpoint="\/v1\/(health|metrics)"/);
  });
});

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
    const announced = request(`${service.url}/things`, {
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
    expect((await call('/things/internal', { headers: { authorization: `Bearer ${token}` } })).body).toEqual({
      let: 'in',
    });
    for (const authorization of [undefined, 'Bearer x', `Bearer ${token}x`, `Basic ${token}`, token]) {
      const answer = await call('/things/internal', { headers: authorization === undefined ? {} : { authorization } });
      expect(answer).toMatchObject({ status: 401, body: 'Unauthorized' });
    }
  });
});

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
    log.length = 0;
    const { body } = await call('/things/fail/surprise', { headers: { 'x-request-id': 'find-me' } });
    expect(JSON.stringify(body)).not.toContain('4711');
    const line = log.map((text) => JSON.parse(text)).find((entry) => entry.err);
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

describe('the request log', () => {
  it('has one line a request, with its id, without credentials and query; none for probes', async () => {
    log.length = 0;
    const headers = { ...basic('admin:hidden-password'), 'x-request-id': 'r-1' };
    await call('/things?q=hidden-query', { headers });
    await call('/nothing?q=hidden-query', { headers });
    await call('/things', { method: 'POST', headers: { ...headers, ...json }, body: '{"hidden' });
    await call('/health', { headers });
    await call('/v1/health/ready', { headers });
    const lines = log.map((line) => JSON.parse(line));
    expect(lines.map(({ requestId, method, path, status }) => [requestId, method, path, status])).toEqual([
      ['r-1', 'GET', '/v1/things', 200],
      ['r-1', 'GET', '/v1/nothing', 404],
      ['r-1', 'POST', '/v1/things', 400],
    ]);
    expect(log.join('')).not.toMatch(/hidden|Basic/);
  });
});

describe('registration', () => {
  const rows = () =>
    database.sql.query<{
      hostid: string;
      servicename: string;
      base_url: string;
      version: string;
      status: boolean;
      status_message: string;
      short_description: string;
      heartbeat: number;
    }>(`SELECT * FROM services`);

  it('is renewed, found by others, and taken back by a clean stop', async () => {
    await database.sql.query(`UPDATE services SET heartbeat = 5`);
    let [row] = await rows();
    while (row?.heartbeat === 5) [row] = await rows();
    expect(row).toMatchObject({
      hostid: 'test-host',
      servicename: 'policy_engine',
      base_url: service.url,
      status: true,
      version: 'v1',
    });
    expect(JSON.parse(row?.short_description ?? '')).toMatchObject({
      up: true,
      detail: { enable_package_db_load: true },
    });
    await expect((await service.context.policyEngine()).policySpec()).rejects.toMatchObject({ status: 404 }); // it was asked

    const { url } = service;
    await service.close();
    expect(await rows()).toMatchObject([{ status: false, status_message: 'stopped' }]);
    await expect(fetch(url)).rejects.toThrow();
    service = await startService(probeService, file.config, { logger });
    expect(await rows()).toMatchObject([{ status: true, base_url: service.url }]);
  });

  it('of a second service with the same host_id is warned about and not taken down by the first', async () => {
    log.length = 0;
    const second = await startService(probeService, file.config, { logger });
    expect(log.join('')).toMatch(/another service reports with the same host_id/);
    const first = service;
    service = second;
    await first.close();
    expect(await rows()).toMatchObject([{ status: true, base_url: second.url }]);
  });

  it('is unknown when nobody reported lately', async () => {
    const other = await createTestDatabase();
    const config = await writeConfig(other.url);
    await installJobQueue(other.settings);
    const alone = await startService(probeService, config.config, { logger });
    try {
      await other.sql.query(`UPDATE services SET heartbeat = 5`);
      await expect(alone.context.policyEngine()).rejects.toMatchObject({
        status: 503,
        message: expect.stringMatching(/no policy engine/),
      });
      expect((await fetch(`${alone.url}/metrics`)).status).toBe(404); // not enabled here
    } finally {
      await alone.close();
      await config.remove();
      await other.drop();
    }
  });
});

describe('a start that fails', () => {
  it('names the database that does not answer, not the password', async () => {
    const config = await writeConfig('postgresql://kedge:s3cret@127.0.0.1:9/images');
    const start = startService(probeService, config.config, { logger });
    await expect(start).rejects.toMatchObject({
      name: 'DatabaseError',
      code: 'unreachable',
      message: expect.stringMatching(/kedge@127\.0\.0\.1:9\/images/),
    });
    await expect(start).rejects.toMatchObject({ message: expect.not.stringContaining('s3cret') });
    await config.remove();
  });

  it('asks for the upgrade of an empty database', async () => {
    const empty = await createTestDatabase({ migrated: false });
    const config = await writeConfig(empty.url);
    await expect(startService(probeService, config.config, { logger })).rejects.toMatchObject({
      code: 'schema_missing',
      message: expect.stringMatching(/anchore-manager db upgrade/),
    });
    await config.remove();
    await empty.drop();
  });

  it('leaves nothing behind when the port is taken', async () => {
    const other = await createTestDatabase();
    await installJobQueue(other.settings);
    const config = await writeConfig(other.url);
    const { port } = new URL(service.url);
    await expect(startService(probeService, config.config, { logger, port: Number(port) })).rejects.toMatchObject({
      code: 'EADDRINUSE',
    });
    const left = () =>
      other.sql.query(`SELECT 1 FROM pg_stat_activity
        WHERE datname = current_database() AND application_name LIKE 'kedge-policy_engine%'`);
    while ((await left()).length > 0); // a server process takes a moment to end; never, when a connection stays open
    expect(await other.sql.query(`SELECT 1 FROM services`)).toEqual([]);
    await config.remove();
    await other.drop();
  });

  it('says which section is missing', async () => {
    await expect(startService({ ...probeService, name: 'catalog' }, file.config, { logger })).rejects.toMatchObject({
      name: 'ConfigError',
      message: expect.stringMatching(/services\.catalog: is required/),
    });
  });

  it('answers 503 while the database is gone', async () => {
    const dying = await createTestDatabase();
    const config = await writeConfig(dying.url);
    await installJobQueue(dying.settings);
    const lonely = await startService(probeService, config.config, { logger });
    try {
      await dying.drop();
      expect((await fetch(`${lonely.url}/health`)).status).toBe(200);
      expect((await fetch(`${lonely.url}/health/ready`)).status).toBe(503);
    } finally {
      await lonely.close();
      await config.remove();
    }
  });
});

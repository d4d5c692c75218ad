import { hashPassword } from '../auth/password.js';
import { basic, ServiceBed } from '../testing/service-bed.js';

let bed: ServiceBed;
beforeAll(async () => {
  bed = await ServiceBed.start();
});
afterAll(() => bed.close());
const call = (path: string, options?: RequestInit) => bed.call(path, options);

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
    expect((await call('/status', { headers: { authorization: `Bearer ${bed.token}` } })).status).toBe(200);
  });

  it('lets a changed password count at once', async () => {
    expect((await call('/status', { headers: basic('admin:foo:bar') })).status).toBe(200);
    await bed.database.sql.query(`UPDATE user_access_credentials SET value = $1 WHERE username = 'admin'`, [
      await hashPassword('new'),
    ]);
    expect((await call('/status', { headers: basic('admin:foo:bar') })).status).toBe(401);
    await bed.database.sql.query(`UPDATE user_access_credentials SET value = $1 WHERE username = 'admin'`, [
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

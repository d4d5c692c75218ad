import { EventsService } from '../events/events.service.js';
import { startCatalog, type TestCatalog } from '../testing/start-catalog.js';
import { ServiceWatcher } from './service-watcher.js';

let catalog: TestCatalog;
beforeAll(async () => {
  catalog = await startCatalog('policy_engine_endpoint: http://127.0.0.1:1\n');
});
afterAll(() => catalog.stop());

async function report(hostid: string, secondsAgo: number, status = true): Promise<void> {
  await catalog.database.sql.query(
    `INSERT INTO services (hostid, servicename, version, base_url, short_description, status, status_message, heartbeat,
       created_at, last_updated)
     VALUES ($1::text, 'analyzer', 'v1', 'http://' || $1::text, '{"up": true, "version": "9"}', $2, 'available',
       extract(epoch FROM now())::integer - $3, 1, 1)`,
    [hostid, status, secondsAgo],
  );
}

describe('the services', () => {
  it('are shown with the state they reported, the catalog also under the names of what it took the place of', async () => {
    await report('near', 10);
    await report('far', 301);
    const { body } = await catalog.call('GET /system');
    const up = Object.fromEntries(
      body.service_states.map(({ servicename, hostid, service_detail }: never) => [
        `${servicename as string}/${hostid as string}`,
        (service_detail as { up: boolean }).up,
      ]),
    );
    expect(up).toEqual({
      'catalog/test-host': true,
      'apiext/test-host': true,
      'simplequeue/test-host': true,
      'analyzer/near': true,
      'analyzer/far': false,
    });
    expect((await catalog.call('GET /system/services/analyzer/far')).body).toMatchObject([
      { status: false, status_message: 'unavailable', version: 'v1', service_detail: { version: 'unknown' } },
    ]);
  });

  it('are deleted when they are down', async () => {
    expect((await catalog.call('DELETE /system/services/analyzer/near')).status).toBe(409);
    expect((await catalog.call('DELETE /system/services/apiext/test-host')).status).toBe(409);
    expect((await catalog.call('DELETE /system/services/analyzer/far')).body).toBe(true);
    expect((await catalog.call('DELETE /system/services/analyzer/far')).status).toBe(404);
    expect((await catalog.call('GET /system/services/analyzer/far')).status).toBe(404);
    expect((await catalog.call('GET /system/services/none')).body).toEqual([]);
  });

  it('that fall silent become down, orphaned, then are removed, each with one event', async () => {
    await report('a', 301);
    await report('b', 3700);
    await report('c', 90_000);
    const { context } = catalog.service;
    const watchers = [1, 2].map(() => new ServiceWatcher(context, new EventsService(context)));
    await Promise.all(watchers.map((watcher) => watcher.look()));
    const rows = await catalog.database.sql.query(
      `SELECT hostid, status_message FROM services WHERE hostid IN ('a', 'b', 'c', 'near') ORDER BY hostid`,
    );
    expect(rows).toEqual([
      { hostid: 'a', status_message: 'unavailable' },
      { hostid: 'b', status_message: 'orphaned' },
      { hostid: 'near', status_message: 'available' },
    ]);
    const { body } = await catalog.call('GET /events?event_type=system.service.*');
    const types = body.results.map(({ event }: { event: { type: string } }) => event.type).sort();
    expect(types).toEqual([
      'system.service.removed',
      ...Array<string>(3).fill('system.service.state_transition.down'),
      ...Array<string>(2).fill('system.service.state_transition.orphaned'),
    ]);
  });
});

describe('the rest of the system', () => {
  it('answers status to users, error codes, and that there are no feeds, tokens and webhooks', async () => {
    expect((await catalog.call('GET /status')).body).toMatchObject({ available: true, up: true, message: 'all good' });
    expect((await catalog.call('GET /status', { as: null })).status).toBe(401);
    expect((await catalog.call('GET /system/error_codes')).body).toContainEqual({
      name: 'REGISTRY_IMAGE_NOT_FOUND',
      description: expect.any(String),
    });
    expect((await catalog.call('GET /system/feeds')).body).toEqual([]);
    expect((await catalog.call('PUT /system/feeds/vulnerabilities?enabled=true')).status).toBe(404);
    expect((await catalog.call('POST /oauth/token', { as: null })).body.message).toBe(
      'Oauth not enabled in configuration',
    );
    expect((await catalog.call('POST /system/webhooks/general/test')).status).toBe(501);
  });

  it('says plainly that the policy engine cannot be asked', async () => {
    expect(await catalog.call('GET /system/policy_spec')).toMatchObject({
      status: 503,
      body: { httpcode: 503, message: expect.stringContaining('policy engine') },
    });
  });
});

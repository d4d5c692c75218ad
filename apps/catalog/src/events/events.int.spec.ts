import { startCatalog, type TestCatalog } from '../testing/start-catalog.js';
import { EventsService } from './events.service.js';

let catalog: TestCatalog;
beforeAll(async () => {
  catalog = await startCatalog();
  const events = new EventsService(catalog.service.context);
  for (const [type, resourceId, account] of [
    ['user.image.analysis.completed', 'r/p:1', 'admin'],
    ['user.image.analysis.failed', 'r/p:2', 'admin'],
    ['system.repository.list_tags_fail', 'r/p', 'admin'],
    ['user.image.analysis.failed', 'r/p:3', 'other'],
  ] as const) {
    await events.record({ type, resourceId, account, details: { reason: 'a "quoted" text' } });
  }
});
afterAll(() => catalog.stop());

const list = async (query: string) => (await catalog.call(`GET /events?${query}`)).body;
const types = (page: { results: { event: { type: string } }[] }) => page.results.map(({ event }) => event.type);

describe('events', () => {
  it('are shown in the documented shape, newest first, and only to their account', async () => {
    const page = await list('');
    expect(page).toMatchObject({ item_count: 3, page: 1, next_page: false });
    expect(page.results[0]).toEqual({
      generated_uuid: expect.stringMatching(/^[0-9a-f]{32}$/),
      created_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/),
      event: {
        timestamp: expect.stringMatching(/\.\d{6}Z$/),
        level: 'error',
        type: 'system.repository.list_tags_fail',
        message: expect.any(String),
        details: { reason: 'a "quoted" text' },
        resource: { user_id: 'admin', type: 'repository', id: 'r/p' },
        source: { servicename: 'catalog', hostid: 'test-host', base_url: null, request_id: null },
      },
    });
  });

  it('are filtered and paged', async () => {
    expect(types(await list('event_type=user.*.analysis.*'))).toEqual([
      'user.image.analysis.failed',
      'user.image.analysis.completed',
    ]);
    expect(types(await list('event_type=user_image.analysis.failed'))).toEqual([]);
    expect(types(await list('level=INFO&resource_type=image_tag'))).toEqual(['user.image.analysis.completed']);
    expect(types(await list('resource_id=r/p:2'))).toEqual(['user.image.analysis.failed']);
    expect(types(await list('since=2001-01-01&before=2002-01-01T00:00:00Z'))).toEqual([]);
    const first = await list('limit=2');
    const second = await list('limit=2&page=2');
    expect([first.next_page, second.next_page, second.item_count]).toEqual([true, false, 1]);
    for (const query of ['page=0', 'limit=1001', 'limit=x', 'since=yesterday', 'since=2021-13-01', 'level=a&level=b']) {
      expect([query, (await catalog.call(`GET /events?${query}`)).status]).toEqual([query, 400]);
    }
  });

  it('are got and deleted one by one and by condition', async () => {
    const [{ generated_uuid: id }] = (await list('level=info')).results;
    expect((await catalog.call(`GET /events/${id}`)).body.generated_uuid).toBe(id);
    expect(await catalog.call(`DELETE /events/${id}`)).toMatchObject({ status: 200, body: '' });
    expect((await catalog.call(`GET /events/${id}`)).status).toBe(404);
    expect((await catalog.call(`DELETE /events/${id}`)).status).toBe(404);
    expect((await catalog.call('GET /events/none')).status).toBe(404);
    expect((await catalog.call('DELETE /events?before=2001-01-01')).body).toEqual([]);
    expect((await catalog.call('DELETE /events')).body).toHaveLength(2);
    expect((await list('')).results).toEqual([]);
  });

  it('have types that are listed by category', async () => {
    const { body } = await catalog.call('GET /event_types');
    expect(body.map(({ name }: { name: string }) => name)).toEqual(['user', 'system']);
    expect(body[0].subcategories[0]).toMatchObject({
      name: 'image',
      events: [{ name: 'analysis.completed', type: 'user.image.analysis.completed', resource_type: 'image_tag' }, {}],
    });
  });
});

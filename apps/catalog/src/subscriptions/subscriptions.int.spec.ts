import { createHash } from 'node:crypto';
import { startCatalog, type TestCatalog } from '../testing/start-catalog.js';
import { SubscriptionsService } from './subscriptions.service.js';

let catalog: TestCatalog;
beforeAll(async () => {
  catalog = await startCatalog();
});
afterAll(() => catalog.stop());

const KEY = 'docker.io/library/demo:1';
const body = { subscription_key: KEY, subscription_type: 'tag_update' };
const id = createHash('md5').update(`admin+${KEY}+tag_update`).digest('hex');

describe('subscriptions', () => {
  it('are made, found, changed and deleted', async () => {
    const made = {
      subscription_id: id,
      userId: 'admin',
      subscription_type: 'tag_update',
      subscription_key: KEY,
      subscription_value: null,
      active: false,
      created_at: expect.any(Number),
      last_updated: expect.any(Number),
    };
    expect(await catalog.call('POST /subscriptions', { body })).toMatchObject({ status: 200, body: [made] });
    expect((await catalog.call(`GET /subscriptions/${id}`)).body).toEqual([made]);
    const query = `subscription_key=${encodeURIComponent(KEY)}&subscription_type=tag_update`;
    expect((await catalog.call(`GET /subscriptions?${query}`)).body).toEqual([made]);
    expect((await catalog.call('GET /subscriptions?subscription_type=vuln_update')).body).toEqual([]);
    const changed = await catalog.call(`PUT /subscriptions/${id}`, { body: { ...body, active: true } });
    expect(changed.body).toMatchObject([{ subscription_id: id, active: true, subscription_value: null }]);
    await catalog.call(`PUT /subscriptions/${id}`, { body: { subscription_value: '{"a":1}' } });
    expect((await catalog.call(`GET /subscriptions/${id}`)).body).toMatchObject([
      { active: true, subscription_value: '{"a":1}', subscription_key: KEY },
    ]);
    expect((await catalog.call(`DELETE /subscriptions/${id}`)).body).toBe(true);
    expect((await catalog.call(`DELETE /subscriptions/${id}`)).body).toBe(true);
    expect((await catalog.call(`GET /subscriptions/${id}`)).body).toEqual([]);
  });

  it('are refused when they make no sense or exist', async () => {
    await catalog.call('POST /subscriptions', { body });
    const other = { ...body, subscription_type: 'vuln_update' };
    const [vuln] = (await catalog.call('POST /subscriptions', { body: other })).body;
    expect((await catalog.call('POST /subscriptions', { body })).status).toBe(409);
    expect((await catalog.call('POST /subscriptions', { body: { ...body, subscription_type: 'odd' } })).status).toBe(
      400,
    );
    expect((await catalog.call('POST /subscriptions', { body: { subscription_type: 'tag_update' } })).body.detail).toBe(
      `'subscription_key' is a required property`,
    );
    expect((await catalog.call('GET /subscriptions?subscription_type=odd')).status).toBe(400);
    expect((await catalog.call('PUT /subscriptions/none', { body: { active: true } })).status).toBe(404);
    expect((await catalog.call(`PUT /subscriptions/${vuln.subscription_id}`, { body })).status).toBe(409);
  });

  it('are ensured once and left as they are, and deactivated by key', async () => {
    const service = new SubscriptionsService(catalog.service.context);
    const ensure = () => service.ensure('admin', 'analysis_update', 'r/p:t', { active: true });
    const results = await Promise.all([ensure(), ensure(), ensure()]);
    expect(results.filter(({ created }) => created)).toHaveLength(1);
    expect(await service.deactivate('admin', 'r/p:t')).toBe(1);
    expect(await ensure()).toMatchObject({ created: false, subscription: { active: false } });
  });
});

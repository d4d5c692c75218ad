import { bundleOf } from '../testing/bundles.js';
import { startPolicyEngine, type TestPolicyEngine } from '../testing/policy-engine.js';
import { startCatalog, type TestCatalog } from '../testing/start-catalog.js';
import { MAX_BUNDLE_BYTES } from './bundle-validation.js';

const DEFAULT_ID = '2c53a13c-1765-11e8-82ef-23527761d060';

let engine: TestPolicyEngine;
let catalog: TestCatalog;
beforeAll(async () => {
  engine = await startPolicyEngine();
  catalog = await startCatalog(`policy_engine_endpoint: ${engine.url}\n`);
});
afterAll(async () => {
  await catalog.stop();
  await engine.stop();
});

const active = async () =>
  (await catalog.call('GET /policies')).body
    .filter((record: { active: boolean }) => record.active)
    .map((record: { policyId: string }) => record.policyId);

describe('policies', () => {
  it('are added as they were written and shown in the documented shape', async () => {
    const bundle = bundleOf('b1', 'WARN', { description: 'mine', extra: { kept: [1] }, comment: null });
    const added = await catalog.call('POST /policies?detail=True', { body: bundle });
    const record = {
      policyId: 'b1',
      userId: 'admin',
      active: false,
      policy_source: 'local',
      name: 'Bundle b1',
      description: 'mine',
      created_at: expect.stringMatching(/^\d{4}-.*Z$/),
      last_updated: expect.stringMatching(/^\d{4}-.*Z$/),
    };
    expect(added.status).toBe(200);
    expect(added.body).toEqual({ ...record, policybundle: bundle });
    const [got] = (await catalog.call('GET /policies/b1')).body;
    expect(got).toEqual({
      ...record,
      policybundle: bundle,
      policybundlemeta: {
        bucket: 'policy_bundles',
        archiveId: 'b1',
        content_url: 'admin/policy_bundles/b1',
        digest: expect.stringMatching(/^sha256:/),
        is_compressed: expect.any(Boolean),
        size: expect.any(Number),
      },
    });
    expect(Object.keys(got.policybundle)).toEqual(Object.keys(bundle));
    const [brief] = (await catalog.call('GET /policies/b1?detail=false')).body;
    expect(brief).toEqual({ ...record, policybundle: {}, policybundlemeta: {} });
    expect(engine.authorizations.every((header) => /^Bearer \S{20}/.test(header))).toBe(true);
  });

  it('are refused with every fault at once when the policy engine finds them invalid', async () => {
    const rules = [
      { gate: 'nonsense', trigger: 'x', action: 'STOP', params: [] },
      { gate: 'always', trigger: 'sometimes', action: 'STOP', params: [] },
    ];
    const body = bundleOf('bad', 'GO', { policies: [{ id: 'p', version: '1_0', name: 'p', rules }] });
    const answer = await catalog.call('POST /policies', { body });
    expect(answer).toMatchObject({
      status: 400,
      type: 'application/json',
      body: { message: 'Bundle failed validation', httpcode: 400, detail: { error_codes: [] } },
    });
    expect(answer.body.detail.validation_details).toMatchObject([
      { severity: 'error', problem_type: 'GateNotFoundError' },
      { severity: 'error', problem_type: 'TriggerNotFoundError' },
    ]);
    expect((await catalog.call('GET /policies/bad')).status).toBe(404);
    expect(
      await catalog.service.context.stores.objectStore.stat({ account: 'admin', bucket: 'policy_bundles', key: 'bad' }),
    ).toBeUndefined();
  });

  it('are activated one at a time, and the active one can neither be switched off nor deleted', async () => {
    const [record] = (await catalog.call('GET /policies/b1?detail=True')).body;
    const answer = await catalog.call('PUT /policies/b1', { body: { ...record, active: true } });
    expect(answer).toMatchObject({ status: 200, body: [{ policyId: 'b1', active: true }] });
    expect(await active()).toEqual(['b1']);
    expect((await catalog.call('PUT /policies/b1', { body: { ...record, active: false } })).status).toBe(400);
    expect((await catalog.call('DELETE /policies/b1')).status).toBe(400);
    // Adding it again keeps it active; so does an update that says nothing of it.
    expect((await catalog.call('POST /policies', { body: bundleOf('b1', 'STOP') })).body.active).toBe(true);
    const silent = { policyId: 'b1', policybundle: bundleOf('b1', 'GO') };
    expect((await catalog.call('PUT /policies/b1', { body: silent })).body[0].active).toBe(true);
    const [other] = (await catalog.call(`GET /policies/${DEFAULT_ID}`)).body;
    await catalog.call(`PUT /policies/${DEFAULT_ID}?active=True`, { body: { ...other, active: undefined } });
    expect(await active()).toEqual([DEFAULT_ID]);
    expect(await catalog.call('DELETE /policies/b1')).toMatchObject({ status: 200, body: 'deleted' });
    expect((await catalog.call('DELETE /policies/b1')).status).toBe(404);
    const { body } = await catalog.call('GET /events?event_type=user.policy.*');
    expect(body.results.map(({ event }: { event: { type: string } }) => event.type)).toEqual([
      'user.policy.active.updated',
      'user.policy.active.content_change',
      'user.policy.active.content_change',
      'user.policy.active.updated',
    ]);
  });

  it.each([
    ['PUT /policies/none', 404, { policyId: 'none', policybundle: bundleOf('none', 'GO') }],
    [`PUT /policies/${DEFAULT_ID}`, 400, { policyId: 'b2', policybundle: bundleOf('b2', 'GO') }],
    [`PUT /policies/${DEFAULT_ID}`, 400, { policyId: DEFAULT_ID, policybundle: bundleOf('b2', 'GO') }],
    [`PUT /policies/${DEFAULT_ID}`, 400, { policyId: DEFAULT_ID }],
    ['POST /policies', 400, []],
    ['POST /policies', 400, { ...bundleOf('b2', 'GO'), policies: 'none' }],
    ['POST /policies', 413, bundleOf('b2', 'GO', { comment: 'x'.repeat(MAX_BUNDLE_BYTES) })],
    ['GET /policies/none', 404, undefined],
  ])('are refused: %s gives %i', async (request, status, body) => {
    expect((await catalog.call(request, { body })).status).toBe(status);
    expect(await active()).toEqual([DEFAULT_ID]);
  });

  it('stay whole when they are added, deleted and activated at the same time', async () => {
    const ids = Array.from({ length: 6 }, (_, index) => `race${index}`);
    const add = (id: string) => catalog.call('POST /policies', { body: bundleOf(id, 'GO') });
    await Promise.all(ids.map(add));
    const activate = (id: string) =>
      catalog.call(`PUT /policies/${id}?active=true`, { body: { policyId: id, policybundle: bundleOf(id, 'GO') } });
    await Promise.all([
      ...ids.map(activate),
      ...ids.map(add),
      ...ids.map((id) => catalog.call(`DELETE /policies/${id}`)),
    ]);
    expect(await active()).toHaveLength(1);
    const { status, body } = await catalog.call('GET /policies?detail=true');
    expect(status).toBe(200);
    const rows = body.map((record: { policyId: string }) => record.policyId).sort();
    const keys = await Array.fromAsync(catalog.service.context.stores.objectStore.listKeys('admin', 'policy_bundles'));
    expect(keys.sort()).toEqual(rows);
  });

  it('whose content is lost are listed without it, and say so when asked for', async () => {
    await catalog.call('POST /policies', { body: bundleOf('lost', 'GO') });
    await catalog.service.context.stores.objectStore.delete({
      account: 'admin',
      bucket: 'policy_bundles',
      key: 'lost',
    });
    expect((await catalog.call('GET /policies')).body).toContainEqual(
      expect.objectContaining({ policyId: 'lost', policybundle: {} }),
    );
    expect(await catalog.call('GET /policies/lost')).toMatchObject({
      status: 500,
      body: { message: expect.stringContaining('policy lost is missing') },
    });
  });

  it('are neither stored nor activated while the policy engine is away; reading goes on', async () => {
    const away = await startCatalog('policy_engine_endpoint: http://127.0.0.1:1\n');
    try {
      const answer = await away.call('POST /policies', { body: bundleOf('b3', 'GO') });
      expect(answer).toMatchObject({
        status: 503,
        body: { httpcode: 503, message: expect.stringContaining('nothing was changed') },
      });
      expect((await away.call('GET /policies/b3')).status).toBe(404);
      const [record] = (await away.call(`GET /policies/${DEFAULT_ID}`)).body;
      expect((await away.call(`PUT /policies/${DEFAULT_ID}`, { body: record })).status).toBe(503);
    } finally {
      await away.stop();
    }
  });

  it('are described by the policy engine', async () => {
    expect((await catalog.call('GET /system/policy_spec')).body).toContainEqual(
      expect.objectContaining({
        name: 'always',
        state: 'active',
        triggers: [expect.objectContaining({ name: 'always' })],
      }),
    );
  });
});

import type { PolicyEvaluation } from '@kedge/policy';
import { bundle, SETUID, VERIFY } from './testing/bundles.js';
import { analysisDocument, sampleLayers } from './testing/documents.js';
import { TestEngine } from './testing/engine.js';

const image = { account: 'acme', digest: `sha256:${'1'.repeat(64)}`, imageId: 'a'.repeat(64) };

describe('the evaluation cache', () => {
  let engine: TestEngine;

  beforeAll(async () => {
    engine = await TestEngine.start();
    await engine.addImage(image, await analysisDocument(await sampleLayers(), image));
    await engine.index(image);
  });
  afterAll(() => engine.close());

  const evaluate = async (policy: unknown, tag?: string) =>
    (await engine.check<PolicyEvaluation>(image, policy, tag)).body;
  const metrics = async () => {
    const text = (await engine.call<string>('GET', 'metrics')).body;
    const value = (name: string) =>
      Number(new RegExp(`^anchore_policy_evaluation_cache_${name} (\\d+)`, 'm').exec(text)?.[1]);
    return {
      ...{ hits: value('hits'), misses: value('misses'), notfound: value('misses_notfound') },
      ...{ stale: value('misses_stale'), invalid: value('misses_invalid') },
    };
  };
  /** What one evaluation adds to the figures. */
  const added = async (work: () => Promise<unknown>) => {
    const before = await metrics();
    await work();
    const after = await metrics();
    const names = Object.keys(after) as (keyof typeof after)[];
    return Object.fromEntries(names.map((name) => [name, after[name] - before[name]]).filter(([, more]) => more !== 0));
  };
  const NEW = { misses: 1, notfound: 1 };
  const HIT = { hits: 1 };

  it('answers a question that was asked before, and no other', async () => {
    const first = await evaluate(bundle(SETUID));
    let second: PolicyEvaluation | undefined;
    expect(await added(async () => (second = await evaluate(bundle(SETUID))))).toEqual(HIT);
    expect(second).toEqual(first);
    expect(await added(() => evaluate(bundle(SETUID), 'localhost:5000/other:1'))).toEqual(NEW);
    expect(await added(() => evaluate({ ...bundle(SETUID), id: 'b2' }))).toEqual(NEW);
    expect(await added(() => evaluate(bundle(SETUID, VERIFY)))).toEqual({ misses: 1, invalid: 1 });
    expect(await added(() => evaluate(bundle(SETUID, VERIFY)))).toEqual(HIT);
    expect(await engine.count('policy_evaluation_cache')).toBe(3);
  });

  it('forgets when the image is indexed again', async () => {
    expect(await added(() => evaluate(bundle(SETUID, VERIFY)))).toEqual(HIT);
    await engine.index(image);
    expect(await engine.count('policy_evaluation_cache')).toBe(0);
    expect(await added(() => evaluate(bundle(SETUID, VERIFY)))).toEqual(NEW);
  });

  it('keeps no answer with errors', async () => {
    const faulty = bundle({ ...SETUID, trigger: 'unknown' });
    for (let time = 0; time < 2; time += 1) {
      expect(await added(async () => expect((await evaluate(faulty)).final_action).toBe('stop'))).toMatchObject({
        misses: 1,
      });
    }
  });

  it('keeps answers as long as the clock lets them be true', async () => {
    const inOneHour = new Date(Date.now() + 3_600_000).toISOString().replace(/\.\d+/, '');
    const expiring = {
      ...bundle(SETUID),
      id: 'expiring',
      whitelists: [
        {
          ...{ id: 'w1', version: '1_0', name: 'w' },
          items: [{ id: 'i1', gate: 'files', trigger_id: '*', expires_on: inOneHour }],
        },
      ],
    };
    expiring.mappings[0] = { ...expiring.mappings[0], whitelist_ids: ['w1'] } as never;
    await engine.restart('policy_evaluation_cache_ttl: 86400');
    await evaluate(bundle(SETUID));
    await evaluate(expiring);
    const rows = await engine.database.sql.query<{ minutes: number }>(
      `SELECT round(extract(epoch FROM valid_until - created_at) / 60)::int AS minutes FROM policy_evaluation_cache
       ORDER BY valid_until`,
    );
    const lives = rows.map(({ minutes }) => minutes);
    expect(lives.filter((minutes) => minutes > 60)).toEqual([1440]);
    expect(lives.filter((minutes) => minutes >= 59 && minutes <= 60).length).toBeGreaterThan(0);
    await engine.database.sql.query(`UPDATE policy_evaluation_cache SET valid_until = now() - interval '1 second'`);
    expect(await added(() => evaluate(bundle(SETUID)))).toEqual({ misses: 1, stale: 1 });
    await expect(engine.restart('policy_evaluation_cache_ttl: -1')).rejects.toThrow(/policy_evaluation_cache_ttl/);
    await engine.restart();
  });

  it('can be switched off for the process', async () => {
    const status = async (body?: object) =>
      (await engine.call(body ? 'POST' : 'GET', 'evaluation_cache/status', body)).body;
    expect(await status()).toEqual({ enabled: true });
    expect(await status({ enabled: false })).toEqual({ enabled: false });
    expect(await added(() => evaluate(bundle(SETUID)))).toEqual({});
    expect(await status({ enabled: true })).toEqual({ enabled: true });
    expect(await added(() => evaluate(bundle(SETUID)))).toMatchObject({ hits: 1 });
  });

  it('does not fail an evaluation when it does not work', async () => {
    await engine.database.sql.query(`ALTER TABLE policy_evaluation_cache RENAME TO elsewhere`);
    expect(await evaluate(bundle(SETUID))).toMatchObject({ final_action: 'warn', evaluation_problems: [] });
    await engine.database.sql.query(`ALTER TABLE elsewhere RENAME TO policy_evaluation_cache`);
  });
});

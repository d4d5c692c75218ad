import { bundleOf } from '../testing/bundles.js';
import { startPolicyEngine, type TestPolicyEngine } from '../testing/policy-engine.js';
import { startCatalog, type TestCatalog } from '../testing/start-catalog.js';

const DIGEST = `sha256:${'1'.repeat(64)}`;
const PARENT = `sha256:${'2'.repeat(64)}`;
const ID = 'a'.repeat(64);
const TAG = 'docker.io/library/demo:1';

let engine: TestPolicyEngine;
let catalog: TestCatalog;
beforeAll(async () => {
  engine = await startPolicyEngine();
  catalog = await startCatalog(`policy_engine_endpoint: ${engine.url}\n`);
  await addImage(DIGEST, ID, 'analyzed', PARENT);
  for (const bundle of [bundleOf('stop', 'STOP'), bundleOf('warn', 'WARN')]) {
    await catalog.call('POST /policies', { body: bundle });
  }
  await activate('stop');
});
afterAll(async () => {
  await catalog.stop();
  await engine.stop();
});

async function addImage(digest: string, imageId: string, status: string, parent = digest): Promise<void> {
  const { sql } = catalog.database;
  await sql.query(
    `INSERT INTO catalog_image ("imageDigest", "userId", "parentDigest", analysis_status, analysis_error, created_at,
       last_updated) VALUES ($1, 'admin', $2, $3::varchar, CASE WHEN $3 = 'analysis_failed' THEN 'layer 2 is damaged' END, 1, 1)`,
    [digest, parent, status],
  );
  await sql.query(
    `INSERT INTO catalog_image_docker ("imageDigest", "userId", registry, repo, tag, digest, "imageId", tag_detected_at,
       created_at, last_updated) VALUES ($1, 'admin', 'docker.io', 'library/demo', '1', $1, $2, 1, 1, 1)`,
    [digest, imageId],
  );
}

async function activate(id: string): Promise<void> {
  const [record] = (await catalog.call(`GET /policies/${id}`)).body;
  await catalog.call(`PUT /policies/${id}`, { body: { ...record, active: true } });
}

const check = (query: string, digest = DIGEST) => catalog.call(`GET /images/${digest}/check?${query}`);
const entries = async (query: string) => (await check(query)).body[0][DIGEST][TAG];
const kept = async () => (await catalog.database.sql.query('SELECT * FROM policy_eval')).length;

describe('a check', () => {
  it('evaluates by the active policy and answers list, digest, tag, list', async () => {
    const { status, body } = await check(`tag=${TAG}`);
    expect(status).toBe(200);
    expect(body).toMatchObject([
      { [DIGEST]: { [TAG]: [{ policyId: 'stop', status: 'fail', last_evaluation: expect.stringMatching(/Z$/) }] } },
    ]);
    const [{ detail }] = body[0][DIGEST][TAG];
    expect(detail.policy).toEqual(bundleOf('stop', 'STOP'));
    expect(detail.result).toMatchObject({
      user_id: 'admin',
      image_id: ID,
      image_digest: DIGEST,
      tag: TAG,
      final_action: 'stop',
      final_action_reason: 'policy_evaluation',
      status: 'fail',
      evaluation_problems: [],
      result: { [ID]: { result: { row_count: 1, final_action: 'stop' } } },
    });
    expect(detail.result.result[ID].result.header[5]).toBe('Check_Output');
  });

  it('takes the encoded digest, the digest of the manifest list, the image id, and an empty policyId', async () => {
    const expected = [
      { [DIGEST]: { [TAG]: [{ policyId: 'stop', status: 'fail', last_evaluation: expect.any(String), detail: {} }] } },
    ];
    const query = `tag=${encodeURIComponent('demo:1').replace('demo', 'library/demo')}&detail=False&policyId=`;
    for (const digest of [DIGEST, encodeURIComponent(DIGEST), PARENT]) {
      expect((await check(query, digest)).body).toEqual(expected);
    }
    expect((await catalog.call(`GET /images/by_id/${ID}/check?${query}`)).body).toEqual(expected);
  });

  it('passes for warn, by the policy that was asked for', async () => {
    expect(await entries(`tag=${TAG}&policyId=warn`)).toMatchObject([{ policyId: 'warn', status: 'pass' }]);
  });

  it('keeps nothing when it is interactive, and one entry for the same outcome', async () => {
    const before = await kept();
    expect((await check('tag=other/repo:9&interactive=True')).status).toBe(200);
    expect((await check(`tag=${TAG}&interactive=true&policyId=warn`)).status).toBe(200);
    expect((await check(`tag=${TAG}`)).status).toBe(200);
    expect(await kept()).toBe(before);
  });

  it('shows history, newest first, each entry with its own document', async () => {
    const { sql } = catalog.database;
    await sql.query(`UPDATE policy_eval SET created_at = created_at - 100, last_updated = last_updated - 100`);
    await catalog.call('POST /policies', { body: bundleOf('stop', 'WARN') });
    await check(`tag=${TAG}`);
    await sql.query(`UPDATE policy_eval SET created_at = created_at - 50, last_updated = last_updated - 50`);
    await catalog.call('POST /policies', { body: bundleOf('stop', 'STOP') });
    const history = await entries(`tag=${TAG}&history=true&policyId=stop`);
    expect(history.map((entry: { status: string }) => entry.status)).toEqual(['fail', 'pass', 'fail']);
    expect(
      history.map((entry: { detail: { result: { final_action: string } } }) => entry.detail.result.final_action),
    ).toEqual(['stop', 'warn', 'stop']);
    expect(await entries(`tag=${TAG}&history=true&detail=false`)).toHaveLength(4);
  });

  it('gives the newest entry without evaluating', async () => {
    const before = engine.authorizations.length;
    expect(await entries(`tag=${TAG}&newest_only=true`)).toMatchObject([{ policyId: 'stop', status: 'fail' }]);
    expect(engine.authorizations).toHaveLength(before);
    expect((await check('tag=never/judged:1&newest_only=true')).status).toBe(404);
  });
});

describe('a check is refused', () => {
  it('without a tag, and for images and policies that do not exist', async () => {
    expect(await check('')).toMatchObject({ status: 400, type: 'application/problem+json' });
    expect((await check('tag=a&detail=perhaps')).status).toBe(400);
    expect((await check('tag=UPPER!')).status).toBe(400);
    expect((await check(`tag=${TAG}`, `sha256:${'9'.repeat(64)}`)).status).toBe(404);
    expect((await check(`tag=${TAG}&policyId=none`)).status).toBe(404);
    expect((await catalog.call(`GET /images/by_id/${'b'.repeat(64)}/check?tag=${TAG}`)).status).toBe(404);
    expect((await catalog.call(`GET /images/by_id/xyz/check?tag=${TAG}`)).status).toBe(400);
  });

  it.each(['not_analyzed', 'analyzing', 'analysis_failed'])('while the image is %s', async (status) => {
    const digest = `sha256:${String(status.length % 10).repeat(63)}e`;
    await addImage(digest, 'c'.repeat(64), status);
    const answer = await check(`tag=${TAG}`, digest);
    expect(answer).toMatchObject({
      status: 404,
      body: { message: expect.stringContaining(`analysis_status: ${status}`), httpcode: 404 },
    });
    expect(answer.body.detail.analysis_error).toBe(status === 'analysis_failed' ? 'layer 2 is damaged' : undefined);
  });

  it("with the policy engine's own words when it does not know the image, and with 503 when it is away", async () => {
    const unknown = `sha256:${'f'.repeat(64)}`;
    await addImage(unknown, 'f'.repeat(64), 'analyzed');
    expect(await check(`tag=${TAG}`, unknown)).toMatchObject({ status: 404, body: { message: 'Image not found' } });
    const before = await kept();
    await engine.stop();
    expect(await check(`tag=${TAG}`)).toMatchObject({
      status: 503,
      body: { message: expect.stringContaining('policy engine') },
    });
    expect(await kept()).toBe(before);
  });

  it('when no policy is active', async () => {
    await catalog.database.sql.query(`UPDATE policy_bundle SET active = false`);
    expect((await check(`tag=${TAG}`)).status).toBe(404);
  });
});

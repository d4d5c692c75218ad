import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { gunzipSync } from 'node:zlib';
import { ImageStates } from '@kedge/database';
import { analyzeSample, SAMPLE_LAYOUT } from '../testing/analyze-sample.js';
import { eventually } from '../testing/eventually.js';
import { startCatalog, type Answer, type TestCatalog } from '../testing/start-catalog.js';

const TAG = 'localbuild/kedge-sample:1';
const UNKNOWN = `sha256:${'0'.repeat(64)}`;
const PATHS = [
  ...['os', 'files', 'npm', 'gem', 'python', 'java', 'binary', 'go', 'nuget', 'malware', 'manifest'].map(
    (type) => `content/${type}`,
  ),
  ...['manifest', 'docker_history', 'dockerfile'].map((type) => `metadata/${type}`),
];
const expected = JSON.parse(readFileSync(join(dirname(SAMPLE_LAYOUT), 'expected.json'), 'utf8')) as {
  packages: { os: { name: string; version: string }[] };
};
let catalog: TestCatalog;
let digest: string;

const call = (request: string, body?: unknown): Promise<Answer> =>
  catalog.call(request, body === undefined ? {} : { body });

beforeAll(async () => {
  catalog = await startCatalog(`    local_image_directories: [${JSON.stringify(SAMPLE_LAYOUT)}]`);
  const body = { source: { local: { location: `oci:${SAMPLE_LAYOUT}`, tag: TAG } }, annotations: { team: 'a' } };
  digest = (await call('POST /v1/images', body)).body[0].imageDigest as string;
});
afterAll(() => catalog.stop());

async function gone(): Promise<void> {
  await eventually('the image is gone', async () => (await call(`GET /v1/images/${digest}`)).status === 404);
}

/** Digests of all objects of the working set, by bucket. */
async function objects(): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  const { objectStore } = catalog.service.context.stores;
  for (const row of await objectStore.pageMetadata({ limit: 1000 })) {
    if (row.key !== digest) continue;
    const object = await objectStore.get(row);
    found[row.bucket] = object
      ? createHash('sha256')
          .update(await buffer(object.body))
          .digest('hex')
      : 'gone';
  }
  return found;
}

async function contents(): Promise<Answer['body'][]> {
  const answers = [];
  for (const path of PATHS) answers.push((await call(`GET /v1/images/${digest}/${path}`)).body);
  return answers;
}

describe('content', () => {
  it('of an image that is not analysed is a 404 that says so', async () => {
    expect(await call(`GET /v1/images/${digest}/content/os`)).toMatchObject({
      status: 404,
      body: { message: expect.stringContaining('analysis_status: not_analyzed'), httpcode: 404 },
    });
    expect((await call(`POST /v1/archives/images`, [digest])).body).toEqual([
      { digest, status: 'error', detail: expect.stringContaining('not_analyzed') },
    ]);
  });

  it('is what the analysis found, type by type, also by image id', async () => {
    await analyzeSample(catalog.service.context, 'admin', TAG);
    expect((await call(`GET /v1/images/${digest}/content`)).body).toEqual(
      expect.arrayContaining(['os', 'files', 'nuget']),
    );
    expect((await call(`GET /v1/images/${digest}/metadata`)).body).toEqual([
      'manifest',
      'docker_history',
      'dockerfile',
    ]);
    const os = (await call(`GET /v1/images/${digest}/content/os`)).body;
    expect(os).toMatchObject({ imageDigest: digest, content_type: 'os' });
    const packages = (os.content as { package: string; version: string }[]).map(
      (item) => `${item.package} ${item.version}`,
    );
    expect(packages.sort()).toEqual(expected.packages.os.map((item) => `${item.name} ${item.version}`).sort());
    const files = (await call(`GET /v1/images/${digest}/content/files`)).body.content as { filename: string }[];
    const stated = readFileSync(join(dirname(SAMPLE_LAYOUT), 'expected-files.tsv'), 'utf8')
      .split('\n')
      .filter(Boolean);
    expect(files.map((file) => file.filename).sort()).toEqual(stated.map((line) => line.split('\t')[0]).sort());
    const manifest = (await call(`GET /v1/images/${digest}/metadata/manifest`)).body.metadata as string;
    expect(`sha256:${createHash('sha256').update(Buffer.from(manifest, 'base64')).digest('hex')}`).toBe(digest);
    expect((await call(`GET /v1/images/${digest}/metadata/dockerfile`)).body.metadata).toEqual([]);
    const image = (await call(`GET /v1/images/${digest}`)).body[0];
    expect(image.image_content.metadata).toMatchObject({ distro: 'debian', arch: 'amd64' });
    const { imageId } = image.image_detail[0];
    expect((await call(`GET /v1/images/by_id/${imageId}/content/os`)).body).toEqual(os);
    expect((await call(`GET /v1/images/by_id/${imageId}/content`)).status).toBe(200);
  });

  it('is refused for unknown types and images, and says when the policy engine is away', async () => {
    expect((await call(`GET /v1/images/${digest}/content/cobol`)).status).toBe(404);
    expect((await call(`GET /v1/images/${digest}/metadata/os`)).status).toBe(404);
    expect((await call(`GET /v1/images/${UNKNOWN}/content/os`)).status).toBe(404);
    expect((await call(`GET /v1/images/${UNKNOWN}/content`)).status).toBe(404);
    expect((await call(`GET /v1/images/${digest}/artifacts/secret_search`)).status).toBe(503);
  });
});

describe('the archive', () => {
  it('takes an analysis, and gives it back byte for byte after the image was deleted', async () => {
    const before = { objects: await objects(), contents: await contents() };
    expect(Object.keys(before.objects).sort()).toEqual([
      'analysis_data',
      'image_content_data',
      'manifest_data',
      'parent_manifest_data',
    ]);
    expect((await call('GET /v1/archives')).body).toEqual({
      images: { total_image_count: 0, total_tag_count: 0, total_data_bytes: 0, last_updated: '' },
      rules: { count: 0, last_updated: null },
    });
    expect((await call('POST /v1/archives/images', [digest])).body).toEqual([
      { digest, status: 'archived', detail: 'Completed successfully' },
    ]);
    expect(await call('POST /v1/images', { source: { archive: { digest } } })).toMatchObject({
      status: 409,
      body: { message: expect.stringContaining('already exists'), httpcode: 409, detail: null },
    });
    expect((await call(`DELETE /v1/images/${digest}?force=true`)).body.status).toBe('deleting');
    await gone();
    expect(await objects()).toEqual({});

    const restored = await call('POST /v1/images', { source: { archive: { digest } } });
    expect(restored).toMatchObject({
      status: 200,
      body: [
        {
          imageDigest: digest,
          analysis_status: 'analyzing',
          annotations: { team: 'a' },
          image_detail: [{ fulltag: TAG }],
        },
      ],
    });
    expect(await objects()).toEqual(before.objects);
    const jobs = await catalog.database.sql.query(
      `SELECT name FROM kedge_jobs.job WHERE data->>'imageDigest' = $1 AND state < 'active'`,
      [digest],
    );
    expect(jobs).toEqual([{ name: 'index-image' }]); // nothing is analysed again, nothing forgotten
    await new ImageStates(catalog.database.sql).finish('admin', digest);
    expect(await contents()).toEqual(before.contents);
    const events = await call('GET /v1/events');
    expect(events.body.results.map((entry: { event: { type: string } }) => entry.event.type)).toEqual(
      expect.arrayContaining(['system.analysis_archive.image_archived', 'system.image_analysis.restored_from_archive']),
    );
  });

  it('shows what it holds, to its account alone', async () => {
    const { body } = await call(`GET /v1/archives/images/${digest}`);
    expect(body).toEqual({
      imageDigest: digest,
      parentDigest: digest,
      annotations: { team: 'a' },
      status: 'archived',
      analyzed_at: expect.stringMatching(/Z$/),
      created_at: expect.stringMatching(/Z$/),
      last_updated: expect.stringMatching(/Z$/),
      archive_size_bytes: expect.any(Number),
      image_detail: [
        {
          pullstring: TAG,
          registry: 'localbuild',
          repository: 'kedge-sample',
          tag: '1',
          detected_at: expect.stringMatching(/Z$/),
          created_at: expect.stringMatching(/Z$/),
          last_updated: expect.stringMatching(/Z$/),
        },
      ],
    });
    expect((await call('GET /v1/archives/images')).body).toEqual([body]);
    expect((await call('GET /v1/archives')).body.images).toMatchObject({
      total_image_count: 1,
      total_tag_count: 1,
      total_data_bytes: body.archive_size_bytes,
    });
    await call('POST /v1/accounts', { name: 'other', email: 'a@b.c' });
    expect((await catalog.call('GET /v1/archives', { account: 'other' })).body.images.total_image_count).toBe(0);
    expect((await catalog.call(`GET /v1/archives/images/${digest}`, { account: 'other' })).status).toBe(404);
    const bundle = await fetch(`${catalog.service.url}/v1/archive/raw/analysis_archive/${digest}.tar.gz`, {
      headers: { authorization: `Basic ${Buffer.from('admin:foobar').toString('base64')}` },
    });
    expect(gunzipSync(Buffer.from(await bundle.arrayBuffer())).toString('latin1', 0, 8)).toBe('analysis');
  });

  it('refuses requests that make no sense', async () => {
    expect((await call('POST /v1/archives/images', [])).status).toBe(400);
    expect((await call('POST /v1/archives/images', Array(101).fill(digest))).status).toBe(400);
    expect((await call('POST /v1/archives/images', ['latest'])).status).toBe(400);
    expect((await call('POST /v1/archives/images', { digest })).status).toBe(400);
    expect((await call('POST /v1/images', { source: { archive: { digest: UNKNOWN } } })).status).toBe(404);
    expect(await call(`GET /v1/archives/images/${UNKNOWN}`)).toMatchObject({
      status: 404,
      body: { message: 'Not found in archive' },
    });
    expect((await call(`DELETE /v1/archives/images/${UNKNOWN}`)).status).toBe(404);
  });

  it('deletes for good', async () => {
    expect(await call(`DELETE /v1/archives/images/${digest}`)).toMatchObject({ status: 200, body: null });
    expect((await call(`GET /v1/archives/images/${digest}`)).status).toBe(404);
    expect((await call(`GET /v1/images/${digest}`)).status).toBe(200);
  });
});

it('content that was damaged where it is stored breaks off instead of passing for whole', async () => {
  await catalog.database.sql.query(
    `UPDATE archive_metadata SET digest = 'sha256:' || repeat('0', 64) WHERE bucket = 'image_content_data'`,
  );
  await expect(call(`GET /v1/images/${digest}/content/files`)).rejects.toThrow('terminated');
  expect((await call('POST /v1/archives/images', [digest])).body).toMatchObject([{ digest, status: 'error' }]);
  expect((await call('GET /v1/archives/images')).body).toEqual([]);
});

describe('rules', () => {
  const all = { registry: '*', repository: '*', tag: '*' };

  it('are added, listed, read and deleted; global ones by admins', async () => {
    const added = await call('POST /v1/archives/rules', {
      transition: 'archive',
      selector: all,
      analysis_age_days: 0,
      tag_versions_newer: 0,
    });
    expect(added).toMatchObject({
      status: 200,
      body: {
        rule_id: expect.stringMatching(/^[0-9a-f]{32}$/),
        selector: all,
        exclude: { expiration_days: -1, selector: { registry: '', repository: '', tag: '' } },
        analysis_age_days: 0,
        tag_versions_newer: 0,
        transition: 'archive',
        system_global: false,
        max_images_per_account: null,
      },
    });
    const global = await call('POST /v1/archives/rules', { transition: 'delete', selector: all, system_global: true });
    const id = added.body.rule_id as string;
    expect((await call('GET /v1/archives/rules')).body).toHaveLength(2);
    expect((await call('GET /v1/archives/rules?system_global=False')).body).toEqual(
      expect.arrayContaining([added.body]),
    );
    expect((await call(`GET /v1/archives/rules/${id}`)).body).toEqual(added.body);

    await call('POST /v1/accounts', { name: 'other', email: 'a@b.c' });
    await call('POST /v1/accounts/other/users', { username: 'someone', password: 'longenough' });
    const someone = (request: string, body?: unknown) =>
      catalog.call(request, { as: 'someone:longenough', ...(body === undefined ? {} : { body }) });
    expect(
      (await someone('POST /v1/archives/rules', { transition: 'archive', selector: all, system_global: true })).status,
    ).toBe(403);
    expect((await someone('GET /v1/archives/rules')).body).toEqual([global.body]);
    expect((await someone(`DELETE /v1/archives/rules/${global.body.rule_id}`)).status).toBe(403);
    expect((await someone(`DELETE /v1/archives/rules/${id}`)).status).toBe(404);
    expect((await someone(`GET /v1/archives/rules/${id}`)).status).toBe(404);
    expect((await someone('GET /v1/objects/analysis_data/x')).status).toBe(403);

    expect(await call(`DELETE /v1/archives/rules/${id}`)).toMatchObject({ status: 200, body: null });
    expect((await call(`DELETE /v1/archives/rules/${global.body.rule_id}`)).status).toBe(200);
    expect((await call('GET /v1/archives/rules')).body).toEqual([]);
  });

  it.each([
    ['no transition', { selector: all }],
    ['half a selector', { transition: 'archive', selector: { registry: '*' } }],
    ['a limit of nothing', { transition: 'archive', system_global: true, max_images_per_account: 0 }],
    ['a limit that is not global', { transition: 'archive', max_images_per_account: 5 }],
  ])('are refused: %s', async (_name, body) => {
    expect((await call('POST /v1/archives/rules', body)).status).toBe(400);
  });
});

import {
  buildLayout,
  buildMultiArchLayout,
  pushLayout,
  startRegistry,
  temporaryDirectory,
  type RegistryServer,
} from '@kedge/registry/testing';
import { createHash, randomBytes } from 'node:crypto';
import { mkdir, symlink } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { eventually } from '../testing/eventually.js';
import { startCatalog, type Answer, type TestCatalog } from '../testing/start-catalog.js';

const SAMPLES = resolve(__dirname, '../../../../samples');
const UNKNOWN = `sha256:${'0'.repeat(64)}`;
let catalog: TestCatalog;
let registry: RegistryServer;
let closed: RegistryServer;
let directory: Awaited<ReturnType<typeof temporaryDirectory>>;

beforeAll(async () => {
  directory = await temporaryDirectory();
  await mkdir(join(directory.path, 'allowed'));
  [registry, closed] = await Promise.all([startRegistry(), startRegistry({ auth: true })]);
  catalog = await startCatalog(
    `    local_image_directories: [${JSON.stringify(SAMPLES)}, ${JSON.stringify(join(directory.path, 'allowed'))}]
max_compressed_image_size_mb: 1
`,
  );
}, 200_000);
afterAll(async () => {
  await catalog.stop();
  await Promise.all([registry.stop(), closed.stop()]);
  await directory.remove();
});

let serial = 0;
/** Pushes a fresh small image and answers its digest and full tag. */
async function push(repoAndTag: string, content: string, server = registry): Promise<{ digest: string; tag: string }> {
  const layout = join(directory.path, `layout-${(serial += 1)}`);
  const { digest } = await buildLayout(layout, { layers: [[{ name: 'file', content }]] });
  const { username = '', password } = server.credentials ?? {};
  await pushLayout(layout, { url: server.url, username, password: password?.reveal() ?? '' }, repoAndTag);
  return { digest, tag: `${server.host}/${repoAndTag}` };
}

const add = (body: unknown, query = ''): Promise<Answer> => catalog.call(`POST /v1/images${query}`, { body });
const get = (path: string): Promise<Answer> => catalog.call(`GET /v1/images${path}`);
const byTag = (tag: string, more = ''): Promise<Answer> => get(`?fulltag=${encodeURIComponent(tag)}${more}`);
const update = (digest: string, set: string): Promise<unknown> =>
  catalog.database.sql.query(`UPDATE catalog_image SET ${set} WHERE "imageDigest" = $1`, [digest]);

async function jobs(queue: string, digest: string): Promise<number> {
  const rows = await catalog.database.sql.query(
    `SELECT 1 FROM kedge_jobs.job WHERE name = $1 AND data->>'imageDigest' = $2 AND state < 'active'`,
    [queue, digest],
  );
  return rows.length;
}

/** Waits until the image's rows are gone. */
async function gone(digest: string): Promise<void> {
  await eventually('the image is gone', async () => (await get(`/${digest}`)).status === 404);
}

describe('an image that is added by tag', () => {
  it('is answered, stored with its manifest as served, listed, and queued for analysis', async () => {
    const { digest, tag } = await push('team/app:1', 'one');
    const { status, body } = await add({
      source: { tag: { pullstring: tag } },
      annotations: { team: 'a', gone: 'null' },
    });
    expect(status).toBe(200);
    const id = body[0].image_detail[0].imageId as string;
    const time = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
    expect(body).toEqual([
      {
        imageDigest: digest,
        parentDigest: digest,
        userId: 'admin',
        image_type: 'docker',
        created_at: time,
        last_updated: time,
        analyzed_at: null,
        analysis_status: 'not_analyzed',
        image_status: 'active',
        annotations: { team: 'a' },
        image_content: {
          metadata: {
            arch: null,
            distro: null,
            distro_version: null,
            dockerfile_mode: null,
            image_size: null,
            layer_count: null,
          },
        },
        image_detail: [
          {
            registry: registry.host,
            repo: 'team/app',
            tag: '1',
            digest,
            imageId: expect.stringMatching(/^[0-9a-f]{64}$/),
            imageDigest: digest,
            userId: 'admin',
            fulltag: tag,
            fulldigest: `${registry.host}/team/app@${digest}`,
            dockerfile: null,
            created_at: time,
            last_updated: time,
            tag_detected_at: time,
          },
        ],
      },
    ]);
    for (const path of [
      `/${digest}`,
      `/${encodeURIComponent(digest)}`,
      `/by_id/${id}`,
      `?fulltag=${tag}&history=False`,
    ]) {
      expect((await get(path)).body).toEqual(body);
    }
    expect((await get('')).body).toContainEqual(body[0]);
    expect((await get(`/${digest}?detail=false`)).body[0].image_detail).toEqual([]);
    expect((await get('?analysis_status=analyzed')).body).toEqual([]);
    for (const bucket of ['manifest_data', 'parent_manifest_data']) {
      const { document } = (await catalog.call(`GET /v1/objects/${bucket}/${digest}`)).body as { document: string };
      expect(`sha256:${createHash('sha256').update(document).digest('hex')}`).toBe(digest);
    }
    expect(await jobs('analyze-image', digest)).toBe(1);
    expect((await catalog.call('GET /v1/summaries/imagetags')).body).toContainEqual({
      imageDigest: digest,
      parentDigest: digest,
      imageId: id,
      fulltag: tag,
      analysis_status: 'not_analyzed',
      image_status: 'active',
      created_at: expect.any(Number),
      analyzed_at: null,
      tag_detected_at: expect.any(Number),
    });
  });

  it('is the child of its list, and found by the digests of both', async () => {
    const layout = join(directory.path, 'multi');
    const spec = { layers: [[{ name: 'x', content: 'multi' }]] };
    const { digest: list, images } = await buildMultiArchLayout(layout, [
      { platform: { os: 'linux', architecture: 'arm64' }, spec },
      { platform: { os: 'linux', architecture: 'amd64' }, spec },
    ]);
    await pushLayout(layout, registry.host, 'multi:1');
    const { body } = await add({ tag: `${registry.host}/multi:1` });
    expect(body[0]).toMatchObject({ imageDigest: images[1]?.digest, parentDigest: list });
    expect((await get(`/${list}`)).body).toEqual(body);
    const stored = await catalog.call(`GET /v1/objects/parent_manifest_data/${images[1]?.digest}`);
    expect(JSON.parse(stored.body.document).manifests).toHaveLength(2);
  });

  it('is known afterwards: the same add changes nothing but annotations, another tag adds a tag', async () => {
    const { digest, tag } = await push('known:1', 'known');
    await push('known:2', 'known');
    await add({ tag, annotations: { a: '1', b: '2' } });
    await update(digest, `analysis_status = 'analyzed', analyzed_at = 5, created_at = 7`);
    await catalog.service.context.jobs.cancel('analyze-image', `admin/${digest}`);
    const again = await add({ tag, annotations: { b: 'null', c: '3' } });
    expect(again.body[0]).toMatchObject({
      analysis_status: 'analyzed',
      annotations: { a: '1', c: '3' },
      created_at: '1970-01-01T00:00:07Z',
    });
    const other = await add({ tag: `${registry.host}/known:2` });
    expect(other.body[0].image_detail.map((detail: { tag: string }) => detail.tag).sort()).toEqual(['1', '2']);
    expect(await jobs('analyze-image', digest)).toBe(0);
    const events = await catalog.call(`GET /v1/events?event_type=user.image.analysis.completed`);
    expect(
      events.body.results.map((entry: { event: { resource: { id: string } } }) => entry.event.resource.id),
    ).toEqual([`${registry.host}/known:2`]);
  });

  it('has the subscriptions of every tag, which are only ever switched on', async () => {
    const { tag } = await push('subscribed:1', 'subscribed');
    const active = async () => {
      const { body } = await catalog.call(`GET /v1/subscriptions?subscription_key=${tag}`);
      return Object.fromEntries(
        (body as { subscription_type: string; active: boolean }[]).map((entry) => [
          entry.subscription_type,
          entry.active,
        ]),
      );
    };
    await add({ tag }, '?autosubscribe=False');
    expect(await active()).toEqual({
      analysis_update: true,
      policy_eval: false,
      tag_update: false,
      vuln_update: false,
    });
    await add({ tag }, '?autosubscribe=TRUE');
    await add({ tag }, '?autosubscribe=false');
    expect(await active()).toMatchObject({ tag_update: true });
  });

  it('is analysed again by force or after a failure, which the image explains', async () => {
    const { digest, tag } = await push('again:1', 'again');
    await add({ tag });
    await update(digest, `analysis_status = 'analysis_failed', analysis_error = 'layer is damaged'`);
    expect((await get(`/${digest}`)).body[0]).toMatchObject({ analysis_error: 'layer is damaged' });
    await catalog.service.context.jobs.cancel('analyze-image', `admin/${digest}`);
    const retried = await add({ tag });
    expect(retried.body[0]).toMatchObject({ analysis_status: 'not_analyzed' });
    expect(retried.body[0]).not.toHaveProperty('analysis_error');
    expect(await jobs('analyze-image', digest)).toBe(1);
    await update(digest, `analysis_status = 'analyzed'`);
    await catalog.service.context.jobs.cancel('analyze-image', `admin/${digest}`);
    const dockerfile = Buffer.from('FROM scratch\n').toString('base64');
    expect(await add({ tag, dockerfile })).toMatchObject({
      status: 400,
      body: { message: expect.stringContaining('force') },
    });
    const forced = await add({ tag, dockerfile }, '?force=true');
    expect(forced.body[0]).toMatchObject({
      analysis_status: 'not_analyzed',
      image_content: { metadata: { dockerfile_mode: 'Actual' } },
      image_detail: [{ dockerfile }],
    });
    expect(await jobs('analyze-image', digest)).toBe(1);
  });

  it('takes the tag over from the image before, and gives it back', async () => {
    const one = await push('moved:latest', 'first');
    await add({ tag: one.tag });
    const two = await push('moved:latest', 'second');
    await add({ tag: one.tag });
    expect((await byTag(one.tag)).body.map((image: { imageDigest: string }) => image.imageDigest)).toEqual([
      two.digest,
    ]);
    const order = async () =>
      (await byTag(one.tag, '&history=true')).body.map((image: { imageDigest: string }) => image.imageDigest);
    expect(await order()).toEqual([two.digest, one.digest]);
    await push('moved:latest', 'first');
    await add({ tag: one.tag });
    expect(await order()).toEqual([one.digest, two.digest]);
  });

  it('is one image, however many add it at once', async () => {
    const { digest, tag } = await push('busy:1', 'busy');
    const answers = await Promise.all(Array.from({ length: 8 }, () => add({ tag })));
    expect(answers.map(({ status }) => status)).toEqual(Array(8).fill(200));
    expect(await jobs('analyze-image', digest)).toBe(1);
    expect((await byTag(tag, '&history=true')).body).toHaveLength(1);
  });
});

describe('an image that is added by digest', () => {
  it('is filed under a tag, with the time that its history asks for', async () => {
    const old = await push('history:1', 'old');
    const now = await push('history:1', 'new');
    await add({ tag: now.tag });
    const digest = {
      pullstring: `${registry.host}/history@${old.digest}`,
      tag: now.tag,
      creation_timestamp_override: '2021-06-01T10:00:00Z',
    };
    const { body } = await add({ source: { digest } });
    expect(body[0]).toMatchObject({
      imageDigest: old.digest,
      created_at: '2021-06-01T10:00:00Z',
      image_detail: [{ fulltag: now.tag, tag_detected_at: '2021-06-01T10:00:00Z' }],
    });
    expect((await byTag(now.tag)).body[0].imageDigest).toBe(now.digest);
    expect(
      (
        await add(
          { source: { digest: { ...digest, pullstring: `${registry.host}/history@${UNKNOWN}` } } },
          '?force=true',
        )
      ).status,
    ).toBe(400);
  });
});

describe('an image on disk', () => {
  it('is added from an allowed directory, with its real path', async () => {
    const real = join(directory.path, 'allowed', 'real');
    const { digest } = await buildLayout(real, { layers: [[{ name: 'a', content: 'a' }]] });
    await symlink(real, join(directory.path, 'allowed', 'link'));
    const local = (location: string) => ({ source: { local: { location, tag: 'localbuild/small:1' } } });
    const added = await add(local(`oci:${directory.path}/allowed/link:latest`), '?autosubscribe=true');
    expect(added.body[0]).toMatchObject({ imageDigest: digest, image_detail: [{ fulltag: 'localbuild/small:1' }] });
    const rows = await catalog.database.sql.query(
      `SELECT source_location FROM catalog_image WHERE "imageDigest" = $1`,
      [digest],
    );
    expect(rows).toEqual([{ source_location: `oci:${real}:latest` }]);
    const watched = await catalog.call(
      'GET /v1/subscriptions?subscription_type=tag_update&subscription_key=localbuild/small:1',
    );
    expect(watched.body).toEqual([expect.objectContaining({ active: false })]);
    const sample = await add({
      source: { local: { location: `oci:${SAMPLES}/image:kedge-sample:1`, tag: 'localbuild/kedge-sample:1' } },
    });
    expect(sample.body[0]).toMatchObject({ analysis_status: 'not_analyzed' });
  });

  it('is refused when its layers are over the size limit', async () => {
    const large = join(directory.path, 'allowed', 'large');
    await buildLayout(large, { layers: [[{ name: 'noise', content: randomBytes(1_200_000) }]] });
    const { status, body } = await add({ source: { local: { location: `oci:${large}`, tag: 'localbuild/large:1' } } });
    expect(status).toBe(400);
    expect(body.detail).toMatchObject({
      max_compressed_image_size_mb: 1,
      requested_image_compressed_size_mb: 1.14, // 1 200 000 bytes are 1.144 units of 1 048 576
    });
  });

  it.each([
    ['outside', () => `oci:${directory.path}/layout-1`],
    [
      'outside by a link',
      async () => {
        await symlink(directory.path, join(directory.path, 'allowed', 'out'));
        return `oci:${directory.path}/allowed/out/layout-1`;
      },
    ],
    ['outside by dots', () => `oci:${directory.path}/allowed/../layout-1`],
    ['nowhere', () => `docker-archive:${directory.path}/allowed/missing.tar`],
    ['a registry', () => `docker://${registry.host}/team/app:1`],
    ['an allowed directory that holds no image', () => `oci:${directory.path}/allowed`],
  ])('is refused: %s', async (_name, location) => {
    const { status, body } = await add({ source: { local: { location: await location(), tag: 'localbuild/x:1' } } });
    expect({ status, message: body.message }).toEqual({ status: 400, message: expect.any(String) });
  });
});

describe('a registry that does not give the image', () => {
  const raw = (answer: Answer) => ({ status: answer.status, message: answer.body.message, detail: answer.body.detail });
  const failure = (code: string) => ({
    status: 400,
    message: 'cannot fetch image digest/manifest from registry',
    detail: { raw_exception_message: expect.any(String), error_codes: [code] },
  });

  it('is told by its code: unknown image, nobody there, no login, wrong password, local name', async () => {
    const denied = await push('secret/app:1', 'secret', closed);
    expect(raw(await add({ tag: `${registry.host}/missing:1` }))).toEqual(failure('REGISTRY_IMAGE_NOT_FOUND'));
    expect(raw(await add({ tag: '127.0.0.1:1/team/app:1' }))).toEqual(failure('REGISTRY_NOT_ACCESSIBLE'));
    expect(raw(await add({ tag: denied.tag }))).toEqual(failure('REGISTRY_PERMISSION_DENIED'));
    expect(raw(await add({ tag: 'localbuild/app:1' }))).toEqual(failure('REGISTRY_NOT_SUPPORTED'));
    const login = {
      registry: closed.host,
      registry_type: 'docker_v2',
      registry_user: 'x',
      registry_pass: 'hush-hush',
      registry_verify: false,
    };
    await catalog.call('POST /v1/registries?validate=false', { body: login });
    const wrong = raw(await add({ tag: denied.tag }));
    expect(wrong).toEqual(failure('REGISTRY_PERMISSION_DENIED'));
    expect(JSON.stringify(wrong)).not.toContain('hush-hush');
    const { username, password } = closed.credentials ?? {};
    const right = { ...login, registry_user: username, registry_pass: password?.reveal() };
    expect((await catalog.call(`PUT /v1/registries/${closed.host}`, { body: right })).status).toBe(200);
    expect((await add({ tag: denied.tag })).body[0].imageDigest).toBe(denied.digest);
    const events = await catalog.call('GET /v1/events?event_type=system.image_analysis.registry_lookup_failed');
    expect(events.body.item_count).toBe(5);
  });
});

describe('listing', () => {
  it('answers 404 for a tag that nothing has, and an empty list without images', async () => {
    expect(await byTag('docker.io/nothing:1')).toMatchObject({
      status: 404,
      body: { message: 'image data not found in DB', httpcode: 404, detail: { error_codes: [] } },
    });
    await catalog.call('POST /v1/accounts', { body: { name: 'empty', email: 'a@b.c' } });
    expect((await catalog.call('GET /v1/images', { account: 'empty' })).body).toEqual([]);
    expect((await catalog.call('GET /v1/images?image_status=gone')).status).toBe(400);
    expect((await get(`/${UNKNOWN}`)).status).toBe(404);
    expect((await get('/by_id/xyz')).status).toBe(400);
  });

  it('walks through pages, newest first', async () => {
    await catalog.database.sql.query(
      `INSERT INTO catalog_image ("imageDigest", "userId", created_at, last_updated)
       SELECT 'sha256:' || n, 'empty', n / 2, 1 FROM generate_series(1, 450) n`,
    );
    const { body } = await catalog.call('GET /v1/images', { account: 'empty' });
    const times = (body as { created_at: string }[]).map((image) => image.created_at);
    expect(times).toHaveLength(450);
    expect(times).toEqual([...times].sort().reverse());
  });
});

describe('deleting', () => {
  it('is refused while an image is analysed and while its tag is subscribed to; force does it', async () => {
    const { digest, tag } = await push('doomed:1', 'doomed');
    await add({ tag });
    const remove = (query = '') => catalog.call(`DELETE /v1/images/${digest}${query}`, { text: '' });
    expect(await remove()).toMatchObject({
      status: 200,
      body: { digest, status: 'delete_failed', detail: expect.stringContaining(tag) },
    });
    await update(digest, `analysis_status = 'analyzing'`);
    expect((await remove()).body).toMatchObject({
      status: 'delete_failed',
      detail: expect.stringContaining('being analyzed'),
    });
    expect(await remove('?force=true')).toMatchObject({
      status: 200,
      body: { digest, status: 'deleting', detail: null },
    });
    await gone(digest);
    expect(await remove()).toMatchObject({ status: 200, body: { digest, status: 'not_found' } });
    expect((await catalog.call(`GET /v1/objects/manifest_data/${digest}`)).status).toBe(404);
    expect(await jobs('analyze-image', digest)).toBe(0);
    expect(await jobs('forget-image', digest)).toBe(1);
    const subscriptions = await catalog.call(`GET /v1/subscriptions?subscription_key=${tag}`);
    expect(subscriptions.body.map((entry: { active: boolean }) => entry.active)).toEqual([false, false, false, false]);
  });

  it('needs no force for an image that its tag has left; several at once have a result each', async () => {
    const one = await push('old:1', 'old one');
    await add({ tag: one.tag });
    const two = await push('old:1', 'new one');
    await add({ tag: two.tag });
    const { status, body } = await catalog.call(
      `DELETE /v1/images?imageDigests=${one.digest},${two.digest},${UNKNOWN}`,
    );
    expect(status).toBe(200);
    expect(body.map((result: { status: string }) => result.status)).toEqual(['deleting', 'delete_failed', 'not_found']);
    await gone(one.digest);
    expect((await catalog.call('DELETE /v1/images')).status).toBe(400);
    const id = (await get(`/${two.digest}`)).body[0].image_detail[0].imageId as string;
    expect((await catalog.call(`DELETE /v1/images/by_id/${id}`)).body).toMatchObject({ status: 'delete_failed' });
    expect((await catalog.call(`DELETE /v1/images/by_id/${id}?force=true`)).body).toMatchObject({
      digest: two.digest,
      status: 'deleting',
    });
  });

  it('that a crash interrupted is finished by the next start, and adding the image again finishes it too', async () => {
    const left = await push('left:1', 'left behind');
    const back = await push('back:1', 'come back');
    await add({ tag: left.tag });
    await add({ tag: back.tag });
    await update(left.digest, `image_status = 'deleting'`);
    await update(back.digest, `image_status = 'deleting', analysis_status = 'analyzed'`);
    expect((await get('')).body.map((image: { imageDigest: string }) => image.imageDigest)).not.toContain(left.digest);
    expect((await add({ tag: back.tag })).body[0]).toMatchObject({
      image_status: 'active',
      analysis_status: 'not_analyzed',
    });
    expect((await catalog.call(`GET /v1/objects/manifest_data/${back.digest}`)).status).toBe(200);
    const another = await catalog.another();
    await gone(left.digest);
    await another.close();
  });

  it('keeps the index of an image that another one shares', async () => {
    const { digest, tag } = await push('shared:1', 'shared');
    const id = (await add({ tag })).body[0].image_detail[0].imageId as string;
    const other = `sha256:${'5'.repeat(64)}`;
    await catalog.database.sql.query(
      `INSERT INTO catalog_image ("imageDigest", "userId", created_at, last_updated) VALUES ($1, 'admin', 1, 1)`,
      [other],
    );
    await catalog.database.sql.query(
      `INSERT INTO catalog_image_docker ("imageDigest", "userId", registry, repo, tag, digest, "imageId",
          tag_detected_at, created_at, last_updated) VALUES ($1, 'admin', 'r', 'x', '1', $1, $2, 1, 1, 1)`,
      [other, id],
    );
    await catalog.call(`DELETE /v1/images/${digest}?force=true`);
    await gone(digest);
    expect(await jobs('forget-image', digest)).toBe(0);
  });
});

describe('the sweeper', () => {
  it('gives a job back to an image that waits without one', async () => {
    const { digest, tag } = await push('lost:1', 'lost');
    await add({ tag });
    await catalog.service.context.jobs.cancel('analyze-image', `admin/${digest}`);
    await update(digest, `last_updated = last_updated - 1000`);
    expect(await jobs('analyze-image', digest)).toBe(0);
    const another = await catalog.another();
    await eventually('a job is back', async () => (await jobs('analyze-image', digest)) === 1);
    await another.close();
  });
});

it('imports are not offered, and say so', async () => {
  expect(await add({ source: { import: { operation_uuid: 'x' } } })).toMatchObject({ status: 501 });
});

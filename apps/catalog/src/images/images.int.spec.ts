import { buildMultiArchLayout, pushLayout } from '@kedge/registry/testing';
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { imageBed, type ImageBed } from '../testing/image-bed.js';
import type { Answer } from '../testing/start-catalog.js';

const UNKNOWN = `sha256:${'0'.repeat(64)}`;
let bed: ImageBed;
beforeAll(async () => {
  bed = await imageBed();
}, 200_000);
afterAll(() => bed.stop());

const byTag = (tag: string, more = ''): Promise<Answer> => bed.get(`?fulltag=${encodeURIComponent(tag)}${more}`);

describe('an image that is added by tag', () => {
  it('is answered, stored with its manifest as served, listed, and queued for analysis', async () => {
    const { digest, tag } = await bed.push('team/app:1', 'one');
    const { status, body } = await bed.add({
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
            registry: bed.registry.host,
            repo: 'team/app',
            tag: '1',
            digest,
            imageId: expect.stringMatching(/^[0-9a-f]{64}$/),
            imageDigest: digest,
            userId: 'admin',
            fulltag: tag,
            fulldigest: `${bed.registry.host}/team/app@${digest}`,
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
      expect((await bed.get(path)).body).toEqual(body);
    }
    expect((await bed.get('')).body).toContainEqual(body[0]);
    expect((await bed.get(`/${digest}?detail=false`)).body[0].image_detail).toEqual([]);
    expect((await bed.get('?analysis_status=analyzed')).body).toEqual([]);
    for (const bucket of ['manifest_data', 'parent_manifest_data']) {
      const { document } = (await bed.catalog.call(`GET /v1/objects/${bucket}/${digest}`)).body as { document: string };
      expect(`sha256:${createHash('sha256').update(document).digest('hex')}`).toBe(digest);
    }
    expect(await bed.waiting('analyze-image', digest)).toBe(1);
    expect((await bed.catalog.call('GET /v1/summaries/imagetags')).body).toContainEqual({
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
    const layout = join(bed.directory, 'multi');
    const spec = { layers: [[{ name: 'x', content: 'multi' }]] };
    const { digest: list, images } = await buildMultiArchLayout(layout, [
      { platform: { os: 'linux', architecture: 'arm64' }, spec },
      { platform: { os: 'linux', architecture: 'amd64' }, spec },
    ]);
    await pushLayout(layout, bed.registry.host, 'multi:1');
    const { body } = await bed.add({ tag: `${bed.registry.host}/multi:1` });
    expect(body[0]).toMatchObject({ imageDigest: images[1]?.digest, parentDigest: list });
    expect((await bed.get(`/${list}`)).body).toEqual(body);
    const stored = await bed.catalog.call(`GET /v1/objects/parent_manifest_data/${images[1]?.digest}`);
    expect(JSON.parse(stored.body.document).manifests).toHaveLength(2);
  });

  it('is known afterwards: the same add changes nothing but annotations, another tag adds a tag', async () => {
    const { digest, tag } = await bed.push('known:1', 'known');
    await bed.push('known:2', 'known');
    await bed.add({ tag, annotations: { a: '1', b: '2' } });
    await bed.update(digest, `analysis_status = 'analyzed', analyzed_at = 5, created_at = 7`);
    await bed.cancelAnalysis(digest);
    const again = await bed.add({ tag, annotations: { b: 'null', c: '3' } });
    expect(again.body[0]).toMatchObject({
      analysis_status: 'analyzed',
      annotations: { a: '1', c: '3' },
      created_at: '1970-01-01T00:00:07Z',
    });
    const other = await bed.add({ tag: `${bed.registry.host}/known:2` });
    expect(other.body[0].image_detail.map((detail: { tag: string }) => detail.tag).sort()).toEqual(['1', '2']);
    expect(await bed.waiting('analyze-image', digest)).toBe(0);
    const events = await bed.catalog.call(`GET /v1/events?event_type=user.image.analysis.completed`);
    expect(
      events.body.results.map((entry: { event: { resource: { id: string } } }) => entry.event.resource.id),
    ).toEqual([`${bed.registry.host}/known:2`]);
  });

  it('has the subscriptions of every tag, which are only ever switched on', async () => {
    const { tag } = await bed.push('subscribed:1', 'subscribed');
    const active = async () => {
      const { body } = await bed.catalog.call(`GET /v1/subscriptions?subscription_key=${tag}`);
      return Object.fromEntries(
        (body as { subscription_type: string; active: boolean }[]).map((entry) => [
          entry.subscription_type,
          entry.active,
        ]),
      );
    };
    await bed.add({ tag }, '?autosubscribe=False');
    expect(await active()).toEqual({
      analysis_update: true,
      policy_eval: false,
      tag_update: false,
      vuln_update: false,
    });
    await bed.add({ tag }, '?autosubscribe=TRUE');
    await bed.add({ tag }, '?autosubscribe=false');
    expect(await active()).toMatchObject({ tag_update: true });
  });

  it('is analysed again by force or after a failure, which the image explains', async () => {
    const { digest, tag } = await bed.push('again:1', 'again');
    await bed.add({ tag });
    await bed.update(digest, `analysis_status = 'analysis_failed', analysis_error = 'layer is damaged'`);
    expect((await bed.get(`/${digest}`)).body[0]).toMatchObject({ analysis_error: 'layer is damaged' });
    await bed.cancelAnalysis(digest);
    const retried = await bed.add({ tag });
    expect(retried.body[0]).toMatchObject({ analysis_status: 'not_analyzed' });
    expect(retried.body[0]).not.toHaveProperty('analysis_error');
    expect(await bed.waiting('analyze-image', digest)).toBe(1);
    await bed.update(digest, `analysis_status = 'analyzed'`);
    await bed.cancelAnalysis(digest);
    const dockerfile = Buffer.from('FROM scratch\n').toString('base64');
    expect(await bed.add({ tag, dockerfile })).toMatchObject({
      status: 400,
      body: { message: expect.stringContaining('force') },
    });
    const forced = await bed.add({ tag, dockerfile }, '?force=true');
    expect(forced.body[0]).toMatchObject({
      analysis_status: 'not_analyzed',
      image_content: { metadata: { dockerfile_mode: 'Actual' } },
      image_detail: [{ dockerfile }],
    });
    expect(await bed.waiting('analyze-image', digest)).toBe(1);
  });

  it('takes the tag over from the image before, and gives it back', async () => {
    const one = await bed.push('moved:latest', 'first');
    await bed.add({ tag: one.tag });
    const two = await bed.push('moved:latest', 'second');
    await bed.add({ tag: one.tag });
    expect((await byTag(one.tag)).body.map((image: { imageDigest: string }) => image.imageDigest)).toEqual([
      two.digest,
    ]);
    const order = async () =>
      (await byTag(one.tag, '&history=true')).body.map((image: { imageDigest: string }) => image.imageDigest);
    expect(await order()).toEqual([two.digest, one.digest]);
    await bed.push('moved:latest', 'first');
    await bed.add({ tag: one.tag });
    expect(await order()).toEqual([one.digest, two.digest]);
  });

  it('is one image, however many add it at once', async () => {
    const { digest, tag } = await bed.push('busy:1', 'busy');
    const answers = await Promise.all(Array.from({ length: 8 }, () => bed.add({ tag })));
    expect(answers.map(({ status }) => status)).toEqual(Array(8).fill(200));
    expect(await bed.waiting('analyze-image', digest)).toBe(1);
    expect((await byTag(tag, '&history=true')).body).toHaveLength(1);
  });
});

describe('an image that is added by digest', () => {
  it('is filed under a tag, with the time that its history asks for', async () => {
    const old = await bed.push('history:1', 'old');
    const now = await bed.push('history:1', 'new');
    await bed.add({ tag: now.tag });
    const digest = {
      pullstring: `${bed.registry.host}/history@${old.digest}`,
      tag: now.tag,
      creation_timestamp_override: '2021-06-01T10:00:00Z',
    };
    const { body } = await bed.add({ source: { digest } });
    expect(body[0]).toMatchObject({
      imageDigest: old.digest,
      created_at: '2021-06-01T10:00:00Z',
      image_detail: [{ fulltag: now.tag, tag_detected_at: '2021-06-01T10:00:00Z' }],
    });
    expect((await byTag(now.tag)).body[0].imageDigest).toBe(now.digest);
    expect(
      (
        await bed.add(
          { source: { digest: { ...digest, pullstring: `${bed.registry.host}/history@${UNKNOWN}` } } },
          '?force=true',
        )
      ).status,
    ).toBe(400);
  });
});

describe('listing', () => {
  it('answers 404 for a tag that nothing has, and an empty list without images', async () => {
    expect(await byTag('docker.io/nothing:1')).toMatchObject({
      status: 404,
      body: { message: 'image data not found in DB', httpcode: 404, detail: { error_codes: [] } },
    });
    await bed.catalog.call('POST /v1/accounts', { body: { name: 'empty', email: 'a@b.c' } });
    expect((await bed.catalog.call('GET /v1/images', { account: 'empty' })).body).toEqual([]);
    expect((await bed.catalog.call('GET /v1/images?image_status=gone')).status).toBe(400);
    expect((await bed.get(`/${UNKNOWN}`)).status).toBe(404);
    expect((await bed.get('/by_id/xyz')).status).toBe(400);
  });

  it('walks through pages, newest first', async () => {
    await bed.catalog.database.sql.query(
      `INSERT INTO catalog_image ("imageDigest", "userId", created_at, last_updated)
       SELECT 'sha256:' || n, 'empty', n / 2, 1 FROM generate_series(1, 450) n`,
    );
    const { body } = await bed.catalog.call('GET /v1/images', { account: 'empty' });
    const times = (body as { created_at: string }[]).map((image) => image.created_at);
    expect(times).toHaveLength(450);
    expect(times).toEqual([...times].sort().reverse());
  });
});

it('imports are not offered, and say so', async () => {
  expect(await bed.add({ source: { import: { operation_uuid: 'x' } } })).toMatchObject({ status: 501 });
});

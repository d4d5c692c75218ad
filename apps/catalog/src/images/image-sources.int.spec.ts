import { buildLayout, startRegistry, type RegistryServer } from '@kedge/registry/testing';
import { randomBytes } from 'node:crypto';
import { symlink } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { imageBed, type ImageBed } from '../testing/image-bed.js';
import type { Answer } from '../testing/start-catalog.js';

const SAMPLES = resolve(__dirname, '../../../../samples');
let closed: RegistryServer;
let bed: ImageBed;
beforeAll(async () => {
  [bed, closed] = await Promise.all([imageBed([SAMPLES]), startRegistry({ auth: true })]);
  await bed.push('team/app:1', 'one'); // its layout is what must not be reached from disk
}, 200_000);
afterAll(() => Promise.all([bed.stop(), closed.stop()]));

describe('an image on disk', () => {
  it('is added from an allowed directory, with its real path', async () => {
    const real = join(bed.directory, 'allowed', 'real');
    const { digest } = await buildLayout(real, { layers: [[{ name: 'a', content: 'a' }]] });
    await symlink(real, join(bed.directory, 'allowed', 'link'));
    const local = (location: string) => ({ source: { local: { location, tag: 'localbuild/small:1' } } });
    const added = await bed.add(local(`oci:${bed.directory}/allowed/link:latest`), '?autosubscribe=true');
    expect(added.body[0]).toMatchObject({ imageDigest: digest, image_detail: [{ fulltag: 'localbuild/small:1' }] });
    const rows = await bed.catalog.database.sql.query(
      `SELECT source_location FROM catalog_image WHERE "imageDigest" = $1`,
      [digest],
    );
    expect(rows).toEqual([{ source_location: `oci:${real}:latest` }]);
    const watched = await bed.catalog.call(
      'GET /v1/subscriptions?subscription_type=tag_update&subscription_key=localbuild/small:1',
    );
    expect(watched.body).toEqual([expect.objectContaining({ active: false })]);
    const sample = await bed.add({
      source: { local: { location: `oci:${SAMPLES}/image:kedge-sample:1`, tag: 'localbuild/kedge-sample:1' } },
    });
    expect(sample.body[0]).toMatchObject({ analysis_status: 'not_analyzed' });
  });

  it('is refused when its layers are over the size limit', async () => {
    const large = join(bed.directory, 'allowed', 'large');
    await buildLayout(large, { layers: [[{ name: 'noise', content: randomBytes(1_200_000) }]] });
    const { status, body } = await bed.add({
      source: { local: { location: `oci:${large}`, tag: 'localbuild/large:1' } },
    });
    expect(status).toBe(400);
    expect(body.detail).toMatchObject({
      max_compressed_image_size_mb: 1,
      requested_image_compressed_size_mb: 1.14, // 1 200 000 bytes are 1.144 units of 1 048 576
    });
  });

  it.each([
    ['outside', () => `oci:${bed.directory}/layout-1`],
    [
      'outside by a link',
      async () => {
        await symlink(bed.directory, join(bed.directory, 'allowed', 'out'));
        return `oci:${bed.directory}/allowed/out/layout-1`;
      },
    ],
    ['outside by dots', () => `oci:${bed.directory}/allowed/../layout-1`],
    ['nowhere', () => `docker-archive:${bed.directory}/allowed/missing.tar`],
    ['a registry', () => `docker://${bed.registry.host}/team/app:1`],
    ['an allowed directory that holds no image', () => `oci:${bed.directory}/allowed`],
  ])('is refused: %s', async (_name, location) => {
    const { status, body } = await bed.add({
      source: { local: { location: await location(), tag: 'localbuild/x:1' } },
    });
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
    const denied = await bed.push('secret/app:1', 'secret', closed);
    expect(raw(await bed.add({ tag: `${bed.registry.host}/missing:1` }))).toEqual(failure('REGISTRY_IMAGE_NOT_FOUND'));
    expect(raw(await bed.add({ tag: '127.0.0.1:1/team/app:1' }))).toEqual(failure('REGISTRY_NOT_ACCESSIBLE'));
    expect(raw(await bed.add({ tag: denied.tag }))).toEqual(failure('REGISTRY_PERMISSION_DENIED'));
    expect(raw(await bed.add({ tag: 'localbuild/app:1' }))).toEqual(failure('REGISTRY_NOT_SUPPORTED'));
    const login = {
      registry: closed.host,
      registry_type: 'docker_v2',
      registry_user: 'x',
      registry_pass: 'hush-hush',
      registry_verify: false,
    };
    await bed.catalog.call('POST /v1/registries?validate=false', { body: login });
    const wrong = raw(await bed.add({ tag: denied.tag }));
    expect(wrong).toEqual(failure('REGISTRY_PERMISSION_DENIED'));
    expect(JSON.stringify(wrong)).not.toContain('hush-hush');
    const { username, password } = closed.credentials ?? {};
    const right = { ...login, registry_user: username, registry_pass: password?.reveal() };
    expect((await bed.catalog.call(`PUT /v1/registries/${closed.host}`, { body: right })).status).toBe(200);
    expect((await bed.add({ tag: denied.tag })).body[0].imageDigest).toBe(denied.digest);
    const events = await bed.catalog.call('GET /v1/events?event_type=system.image_analysis.registry_lookup_failed');
    expect(events.body.item_count).toBe(5);
  });
});

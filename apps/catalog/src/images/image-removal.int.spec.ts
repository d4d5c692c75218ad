import { eventually } from '../testing/eventually.js';
import { imageBed, type ImageBed } from '../testing/image-bed.js';

const UNKNOWN = `sha256:${'0'.repeat(64)}`;
let bed: ImageBed;
beforeAll(async () => {
  bed = await imageBed();
}, 200_000);
afterAll(() => bed.stop());

/** Waits until the image's rows are gone. */
async function gone(digest: string): Promise<void> {
  await eventually('the image is gone', async () => (await bed.get(`/${digest}`)).status === 404);
}

describe('deleting', () => {
  it('is refused while an image is analysed and while its tag is subscribed to; force does it', async () => {
    const { digest, tag } = await bed.push('doomed:1', 'doomed');
    await bed.add({ tag });
    const remove = (query = '') => bed.catalog.call(`DELETE /v1/images/${digest}${query}`, { text: '' });
    expect(await remove()).toMatchObject({
      status: 200,
      body: { digest, status: 'delete_failed', detail: expect.stringContaining(tag) },
    });
    await bed.update(digest, `analysis_status = 'analyzing'`);
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
    expect((await bed.catalog.call(`GET /v1/objects/manifest_data/${digest}`)).status).toBe(404);
    expect(await bed.waiting('analyze-image', digest)).toBe(0);
    expect(await bed.waiting('forget-image', digest)).toBe(1);
    const subscriptions = await bed.catalog.call(`GET /v1/subscriptions?subscription_key=${tag}`);
    expect(subscriptions.body.map((entry: { active: boolean }) => entry.active)).toEqual([false, false, false, false]);
  });

  it('needs no force for an image that its tag has left; several at once have a result each', async () => {
    const one = await bed.push('old:1', 'old one');
    await bed.add({ tag: one.tag });
    const two = await bed.push('old:1', 'new one');
    await bed.add({ tag: two.tag });
    const { status, body } = await bed.catalog.call(
      `DELETE /v1/images?imageDigests=${one.digest},${two.digest},${UNKNOWN}`,
    );
    expect(status).toBe(200);
    expect(body.map((result: { status: string }) => result.status)).toEqual(['deleting', 'delete_failed', 'not_found']);
    await gone(one.digest);
    expect((await bed.catalog.call('DELETE /v1/images')).status).toBe(400);
    const id = (await bed.get(`/${two.digest}`)).body[0].image_detail[0].imageId as string;
    expect((await bed.catalog.call(`DELETE /v1/images/by_id/${id}`)).body).toMatchObject({ status: 'delete_failed' });
    expect((await bed.catalog.call(`DELETE /v1/images/by_id/${id}?force=true`)).body).toMatchObject({
      digest: two.digest,
      status: 'deleting',
    });
  });

  it('that a crash interrupted is finished by the next start, and adding the image again finishes it too', async () => {
    const left = await bed.push('left:1', 'left behind');
    const back = await bed.push('back:1', 'come back');
    await bed.add({ tag: left.tag });
    await bed.add({ tag: back.tag });
    await bed.update(left.digest, `image_status = 'deleting'`);
    await bed.update(back.digest, `image_status = 'deleting', analysis_status = 'analyzed'`);
    expect((await bed.get('')).body.map((image: { imageDigest: string }) => image.imageDigest)).not.toContain(
      left.digest,
    );
    expect((await bed.add({ tag: back.tag })).body[0]).toMatchObject({
      image_status: 'active',
      analysis_status: 'not_analyzed',
    });
    expect((await bed.catalog.call(`GET /v1/objects/manifest_data/${back.digest}`)).status).toBe(200);
    const another = await bed.catalog.another();
    await gone(left.digest);
    await another.close();
  });
});

describe('the sweeper', () => {
  it('gives a job back to an image that waits without one', async () => {
    const { digest, tag } = await bed.push('lost:1', 'lost');
    await bed.add({ tag });
    await bed.cancelAnalysis(digest);
    await bed.update(digest, `last_updated = last_updated - 1000`);
    expect(await bed.waiting('analyze-image', digest)).toBe(0);
    const another = await bed.catalog.another();
    await eventually('a job is back', async () => (await bed.waiting('analyze-image', digest)) === 1);
    await another.close();
  });
});

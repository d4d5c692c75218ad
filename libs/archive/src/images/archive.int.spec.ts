import type { ObjectId } from '@kedge/object-store';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { inspectBundle } from '../bundle/read-bundle.js';
import { writeBundle, type BundleMember } from '../bundle/write-bundle.js';
import { addDocuments, addImage, archiveBed, digestOf, type ArchiveBed } from '../testing/archive-bed.js';
import { ArchivedImages } from './archived-images.js';
import { ImageArchiver } from './image-archiver.js';
import { ImageRestorer } from './image-restorer.js';

const ACCOUNT = 'admin';
const EVALUATION = 'e'.repeat(32);
let bed: ArchiveBed;
let archiver: ImageArchiver;
let restorer: ImageRestorer;
let archived: ArchivedImages;

beforeAll(async () => {
  bed = await archiveBed();
  archiver = new ImageArchiver(bed.context);
  restorer = new ImageRestorer(bed.context);
  archived = new ArchivedImages(bed.database.sql);
});
beforeEach(() => bed.empty());
afterAll(() => bed.close());

/** Everything of the account in the object store, byte for byte. */
async function objects(): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  for (const row of await bed.context.objectStore.pageMetadata({ limit: 1000 })) {
    if (row.bucket === 'analysis_archive') continue;
    const object = await bed.context.objectStore.get(row);
    found[`${row.account}/${row.bucket}/${row.key}`] = object ? (await buffer(object.body)).toString('base64') : '';
  }
  return found;
}

const rows = (table: string) =>
  bed.database.sql.query<Record<string, unknown>>(`SELECT * FROM ${table} ORDER BY 1, 2, 3, 4, 5`);

async function removeFromWorkingSet(digest: string): Promise<void> {
  await bed.database.sql.query('DELETE FROM catalog_image');
  await bed.database.sql.query('DELETE FROM policy_eval');
  for (const bucket of ['analysis_data', 'image_content_data', 'manifest_data', 'parent_manifest_data'])
    await bed.context.objectStore.delete({ account: ACCOUNT, bucket, key: digest });
  await bed.context.objectStore.delete({ account: ACCOUNT, bucket: 'policy_evaluations', key: EVALUATION });
}

async function addEvaluated(): Promise<string> {
  const digest = await addImage(bed.database.sql, 'one', { tags: ['docker.io/a/b:1', 'docker.io/a/b:latest@1500'] });
  await addDocuments(bed.context.objectStore, ACCOUNT, digest);
  await bed.context.objectStore.putDocument(
    { account: ACCOUNT, bucket: 'policy_evaluations', key: EVALUATION },
    { final: 'stop' },
  );
  for (const [action, id] of [
    ['stop', EVALUATION],
    ['go', 'f'.repeat(32)],
  ]) {
    await bed.database.sql.query(
      `INSERT INTO policy_eval ("userId", "imageDigest", tag, "policyId", final_action, created_at, last_updated,
          "evalId", policyeval) VALUES ('admin', $1, 'docker.io/a/b:1', 'p', $2, 1200, 1200, $3, '{}')`,
      [digest, action, id],
    );
  }
  return digest;
}

describe('archiving', () => {
  it('takes documents, tags and evaluations out and brings them back byte for byte', async () => {
    const digest = await addEvaluated();
    const before = {
      objects: await objects(),
      tags: await rows('catalog_image_docker'),
      evals: await rows('policy_eval'),
    };
    expect(Object.keys(before.objects)).toHaveLength(5);

    expect(await archiver.archive(ACCOUNT, digest)).toEqual({
      digest,
      status: 'archived',
      detail: 'Completed successfully',
    });
    const image = await archived.find(ACCOUNT, digestOf('list of one'));
    expect(image).toMatchObject({ imageDigest: digest, status: 'archived', annotations: { team: 'a' } });
    expect(image?.tags.map(({ tag }) => tag)).toEqual(['latest', '1']);
    const stored = await bed.context.analysisArchive.get({
      account: ACCOUNT,
      bucket: 'analysis_archive',
      key: `${digest}.tar.gz`,
    });
    const bytes = await buffer(stored?.body ?? Readable.from([]));
    expect(image?.bundleBytes).toBe(bytes.length);
    const manifest = await inspectBundle(Readable.from([bytes]));
    expect(manifest.artifacts.map(({ name, source }) => [name, source?.bucket])).toEqual([
      ['analysis', 'analysis_data'],
      ['image_content', 'image_content_data'],
      ['image_manifest', 'manifest_data'],
      ['parent_manifest', 'parent_manifest_data'],
      [`policy_evaluation-${'f'.repeat(32)}`, undefined],
      [`policy_evaluation-${EVALUATION}`, undefined],
    ]);

    await expect(restorer.restore(ACCOUNT, digest)).rejects.toMatchObject({ code: 'conflict' });
    await removeFromWorkingSet(digest);
    expect(await objects()).toEqual({});
    expect(await restorer.restore(ACCOUNT, digestOf('list of one'))).toEqual({
      imageDigest: digest,
      fullTags: ['docker.io/a/b:latest', 'docker.io/a/b:1'],
    });
    expect(await objects()).toEqual(before.objects);
    const untimed = (list: Record<string, unknown>[]) => list.map((row) => ({ ...row, last_updated: 0 }));
    expect(untimed(await rows('catalog_image_docker'))).toEqual(untimed(before.tags));
    expect(await rows('policy_eval')).toEqual(before.evals);
    expect(await rows('catalog_image')).toEqual([
      expect.objectContaining({
        analysis_status: 'analyzing',
        image_status: 'active',
        annotations: '{"team":"a"}',
        analyzed_at: 1000,
      }),
    ]);
    expect(bed.indexed).toEqual([digest]);
    expect(bed.events.map(({ type }) => type)).toEqual(['image_archived']);
  });

  it('is done once: asking again tells what is there', async () => {
    const digest = await addEvaluated();
    await archiver.archive(ACCOUNT, digest);
    const again = { digest, status: 'archived', detail: 'Existing record found, archiving aborted' };
    expect(await archiver.archive(ACCOUNT, digest)).toEqual(again);
    expect(await archived.summary(ACCOUNT)).toMatchObject({ images: 1, tags: 2 });
    expect(await archived.summary('other')).toEqual({ images: 0, tags: 0, bytes: 0, lastUpdated: null });
  });

  it.each([
    ['unknown', 'there is no such image', async () => digestOf('nothing')],
    ['not analysed', 'not_analyzed', () => addImage(bed.database.sql, 'x', { tags: [], analyzedAt: null })],
    [
      'of another account',
      'there is no such image',
      () => addImage(bed.database.sql, 'x', { tags: [], account: 'other' }),
    ],
    ['without its documents', 'its analysis_data is missing', () => addImage(bed.database.sql, 'x', { tags: [] })],
  ])('refuses an image that is %s and leaves nothing behind', async (_name, reason, make) => {
    const digest = await make();
    expect(await archiver.archive(ACCOUNT, digest)).toMatchObject({
      status: 'error',
      detail: expect.stringContaining(reason),
    });
    expect(await rows('catalog_archived_images')).toEqual([]);
    expect(await bed.context.analysisArchive.pageMetadata({ limit: 9, buckets: ['analysis_archive'] })).toEqual([]);
    expect(bed.events).toEqual([expect.objectContaining({ type: 'image_archive_failed', imageDigest: digest })]);
  });

  it('goes on where a killed process stopped, but not beside a living one', async () => {
    const digest = await addEvaluated();
    await bed.database.sql.query(
      `INSERT INTO catalog_archived_images (account, "imageDigest", status, created_at, last_updated, record_state_val)
       VALUES ($1, $2, 'archiving', 1, extract(epoch FROM now())::integer, 'somebody')`,
      [ACCOUNT, digest],
    );
    expect(await archiver.archive(ACCOUNT, digest)).toMatchObject({ status: 'archiving' });
    await expect(archiver.delete(ACCOUNT, digest)).rejects.toMatchObject({ code: 'invalid_state' });
    await bed.database.sql.query('UPDATE catalog_archived_images SET last_updated = last_updated - 100');
    expect(await archiver.archive(ACCOUNT, digest)).toMatchObject({ status: 'archived' });
  });
});

describe('deleting from the archive', () => {
  it('removes bundle and rows, and says when there is none', async () => {
    const digest = await addEvaluated();
    await archiver.archive(ACCOUNT, digest);
    await archiver.delete(ACCOUNT, digest);
    expect(await archived.find(ACCOUNT, digest)).toBeUndefined();
    expect(await rows('catalog_archived_images_docker')).toEqual([]);
    expect(await bed.context.analysisArchive.pageMetadata({ limit: 9, buckets: ['analysis_archive'] })).toEqual([]);
    await expect(archiver.delete(ACCOUNT, digest)).rejects.toMatchObject({ code: 'not_found' });
  });
});

describe('restoring', () => {
  const digest = digestOf('crafted');
  const member = (name: string, source: { bucket: string; key: string } | null, metadata = {}): BundleMember => ({
    name,
    source,
    size: 2,
    metadata,
    content: Readable.from([Buffer.from('{}')]),
  });
  const required = () => [
    member('analysis', { bucket: 'analysis_data', key: digest }),
    member('image_content', { bucket: 'image_content_data', key: digest }),
    member('image_manifest', { bucket: 'manifest_data', key: digest }),
  ];

  async function archiveCrafted(members: BundleMember[], imageDigest = digest): Promise<void> {
    const id: ObjectId = { account: ACCOUNT, bucket: 'analysis_archive', key: 'crafted' };
    const list = (async function* () {
      yield* members;
    })();
    await bed.context.analysisArchive.put(
      id,
      writeBundle({ account: ACCOUNT, image_digest: imageDigest, metadata: null }, list),
    );
    await bed.database.sql.query(
      `INSERT INTO catalog_archived_images (account, "imageDigest", status, manifest_bucket, manifest_key, created_at,
          last_updated) VALUES ($1, $2, 'archived', $3, $4, 1, 1)`,
      [ACCOUNT, digest, id.bucket, id.key],
    );
  }

  it.each([
    [
      'names another bucket',
      () => [...required().slice(1), member('analysis', { bucket: 'policy_bundles', key: digest })],
    ],
    ['names another key', () => [...required().slice(1), member('analysis', { bucket: 'analysis_data', key: 'x' })]],
    [
      'gives a place to a member of its own',
      () => [...required(), member('x', { bucket: 'analysis_data', key: digest })],
    ],
    ['lacks a document', () => required().slice(1)],
    [
      'holds a wrong evaluation',
      () => [
        ...required(),
        member('policy_evaluation-1', null, { record_type: 'policy_evaluation', record: { evalId: '2' } }),
      ],
    ],
  ])('refuses a bundle that %s and writes nothing', async (_name, members) => {
    await archiveCrafted(members());
    await expect(restorer.restore(ACCOUNT, digest)).rejects.toMatchObject({ code: 'invalid_bundle' });
    expect(await objects()).toEqual({});
    expect(await rows('catalog_image')).toEqual([]);
  });

  it('refuses the bundle of another image, and an image that is not archived', async () => {
    await archiveCrafted(required(), digestOf('another'));
    await expect(restorer.restore(ACCOUNT, digest)).rejects.toMatchObject({ code: 'invalid_bundle' });
    await expect(restorer.restore('other', digest)).rejects.toMatchObject({ code: 'not_found' });
  });

  it('can be tried again after it failed at the end', async () => {
    const image = await addEvaluated();
    await archiver.archive(ACCOUNT, image);
    await removeFromWorkingSet(image);
    const failing = new ImageRestorer({ ...bed.context, indexImage: () => Promise.reject(new Error('queue is down')) });
    await expect(failing.restore(ACCOUNT, image)).rejects.toThrow('queue is down');
    expect(await rows('catalog_image')).toEqual([]);
    await restorer.restore(ACCOUNT, image);
    expect(await rows('catalog_image')).toHaveLength(1);
  });
});

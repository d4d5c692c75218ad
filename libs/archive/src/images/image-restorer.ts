import type { Readable } from 'node:stream';
import { inspectBundle, readBundle } from '../bundle/read-bundle.js';
import { ArchiveError } from '../errors.js';
import type { ArchiveContext } from './archive-context.js';
import type { ArchivedImage } from './archived-image.js';
import { ArchivedImages, epochSeconds } from './archived-images.js';
import { insertEvaluations } from './evaluations.js';
import { insertImageRecord, type ImageRecord } from './image-record.js';
import { planRestore, type RestorePlan } from './restore-plan.js';

/** Brings archived analyses back into the working set. */
export class ImageRestorer {
  private readonly archived: ArchivedImages;

  constructor(private readonly context: ArchiveContext) {
    this.archived = new ArchivedImages(context.sql);
  }

  /**
   * Restores an image: its documents byte for byte, its tags, annotations and evaluations. The archived copy stays. The
   * image is `analyzing` until the policy engine has indexed it; nothing is analysed again.
   *
   * The bundle is read twice: once to prove it, once to write it. Objects come first and all rows in one transaction, so
   * after a failure the same call starts over.
   *
   * @param digest of the image, or of the manifest list by which it was archived
   * @returns digest of the image and its full tags
   * @throws ArchiveError `not_found`, `conflict` when the image is in the working set, `invalid_state`,
   * `invalid_bundle`; StorageError.
   */
  async restore(account: string, digest: string): Promise<{ imageDigest: string; fullTags: string[] }> {
    const image = await this.archived.find(account, digest);
    if (!image) throw new ArchiveError('not_found', `image ${digest} is not in the archive`);
    const { imageDigest, bundle } = image;
    if (image.status !== 'archived' || !bundle) {
      throw new ArchiveError(
        'invalid_state',
        `image ${imageDigest} is ${image.status} in the archive; try again later`,
      );
    }
    if (await this.isPresent(account, imageDigest)) throw conflict(imageDigest);
    const open = async (): Promise<Readable> => {
      const found = await this.context.analysisArchive.get({ account, ...bundle });
      if (found) return found.body;
      throw new ArchiveError(
        'invalid_bundle',
        `the bundle ${bundle.bucket}/${bundle.key} of image ${imageDigest} is gone`,
      );
    };
    const plan = planRestore(await inspectBundle(await open()), imageDigest);
    await this.writeObjects(account, plan, await open());
    const record = plan.record ?? recordFrom(image);
    await this.insertRows(account, record, plan);
    return {
      imageDigest,
      fullTags: record.image_detail.map(({ registry, repo, tag }) => `${registry}/${repo}:${tag}`),
    };
  }

  private async writeObjects(account: string, plan: RestorePlan, bundle: Readable): Promise<void> {
    let left = plan.objects.size;
    for await (const { name, content } of readBundle(bundle)) {
      const place = plan.objects.get(name);
      if (!place) continue;
      await this.context.objectStore.put({ account, ...place }, content);
      left -= 1;
    }
    if (left > 0) throw new ArchiveError('invalid_bundle', 'the bundle changed while it was restored; try again');
  }

  private async insertRows(account: string, record: ImageRecord, plan: RestorePlan): Promise<void> {
    const { sql } = this.context;
    await sql.transaction(async (tx) => {
      if (!(await insertImageRecord(tx, account, record, epochSeconds()))) throw conflict(record.imageDigest);
      await insertEvaluations(tx, account, record.imageDigest, plan.evaluations);
      await this.context.indexImage(account, record.imageDigest, tx);
    });
  }

  private async isPresent(account: string, imageDigest: string): Promise<boolean> {
    const rows = await this.context.sql.query(
      `SELECT 1 FROM catalog_image WHERE "userId" = $1 AND "imageDigest" = $2`,
      [account, imageDigest],
    );
    return rows.length > 0;
  }
}

function conflict(imageDigest: string): ArchiveError {
  return new ArchiveError(
    'conflict',
    `image ${imageDigest} already exists in the working set; no restore is possible until it is deleted`,
  );
}

/** What the archive's own rows know, for bundles that hold no image record. */
function recordFrom(image: ArchivedImage): ImageRecord {
  return {
    imageDigest: image.imageDigest,
    parentDigest: image.parentDigest,
    annotations: JSON.stringify(image.annotations),
    analyzed_at: image.analyzedAt,
    image_detail: image.tags.map((tag) => ({
      registry: tag.registry,
      repo: tag.repository,
      tag: tag.tag,
      imageId: tag.imageId,
      tag_detected_at: tag.detectedAt,
      created_at: tag.createdAt,
    })),
  };
}

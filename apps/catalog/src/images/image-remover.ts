import { jobKey, SERVICE_CONTEXT, type ServiceContext } from '@kedge/service';
import { Inject, Injectable, type OnModuleDestroy } from '@nestjs/common';
import { SubscriptionsService } from '../subscriptions/subscriptions.service.js';
import type { DeleteResult } from './image.dto.js';
import { ImageDocuments } from './image-documents.js';
import { fullTag, ImageRecords, newestOfTag, type ImageRecord } from './image-records.js';

/**
 * Deletes images in two steps (api spec 5.2): an image is marked at once and is out of sight, then its objects and rows
 * go. The second step can be repeated, so whoever comes - the request, the sweeper, somebody who adds the image again -
 * finishes what another one left.
 */
@Injectable()
export class ImageRemover implements OnModuleDestroy {
  /** One clean-up at a time in this process: each holds a database connection while it deletes objects. */
  private turn: Promise<unknown> = Promise.resolve();

  constructor(
    @Inject(SERVICE_CONTEXT) private readonly context: ServiceContext,
    private readonly records: ImageRecords,
    private readonly documents: ImageDocuments,
    private readonly subscriptions: SubscriptionsService,
  ) {}

  /**
   * Deletes an image unless something speaks against it: it is being analysed, or is the newest of a tag that somebody
   * has subscribed to. By force those subscriptions are switched off and it is deleted.
   */
  async remove(account: string, digest: string, force: boolean): Promise<DeleteResult> {
    const image = await this.records.find(account, digest);
    if (!image) return { digest, status: 'not_found', detail: `image ${digest} does not exist` };
    const { imageDigest } = image;
    if (image.image_status === 'active') {
      if (!force && image.analysis_status === 'analyzing') return refused(imageDigest, BEING_ANALYSED);
      const watched = await this.subscribedTags(account, image);
      if (!force && watched.length > 0) {
        const reason = `image is the latest of its tags, and has active subscriptions: ${watched.join(', ')}`;
        return refused(imageDigest, `${reason}; use force to delete it and to deactivate them`);
      }
      if (!(await this.mark(account, imageDigest, force))) return refused(imageDigest, BEING_ANALYSED);
      for (const tag of watched) await this.subscriptions.deactivate(account, tag);
    }
    // The answer does not wait; the sweeper finishes what fails here.
    this.finish(account, imageDigest).catch((error: Error) =>
      this.context.logger.warn({ account, imageDigest, reason: error.message }, 'an image could not be cleaned up yet'),
    );
    return { digest: imageDigest, status: 'deleting', detail: null };
  }

  /** Waits for the clean-up at hand. */
  async onModuleDestroy(): Promise<void> {
    await this.turn;
  }

  /** Removes objects and rows of an image that is marked for deletion. Nothing happens to any other. */
  finish(account: string, imageDigest: string): Promise<void> {
    const done = this.turn.then(() => this.cleanUp(account, imageDigest));
    this.turn = done.catch(() => undefined); // the caller gets the failure
    return done;
  }

  /**
   * The row stays locked until the end, so nobody adds the image again while its objects are on their way out; a request
   * that wants to waits for the lock in {@link ImageAdder}.
   */
  private async cleanUp(account: string, imageDigest: string): Promise<void> {
    const { sql, jobs } = this.context;
    const key = jobKey({ account, imageDigest });
    await jobs.cancel('analyze-image', key);
    await jobs.cancel('index-image', key);
    await sql.transaction(async (tx) => {
      const [row] = await tx.query(
        `SELECT 1 FROM catalog_image WHERE "userId" = $1 AND "imageDigest" = $2 AND image_status = 'deleting' FOR UPDATE`,
        [account, imageDigest],
      );
      if (!row) return;
      const tags = await tx.query<{ registry: string; repo: string; tag: string; imageId: string }>(
        `SELECT registry, repo, tag, "imageId" FROM catalog_image_docker WHERE "userId" = $1 AND "imageDigest" = $2`,
        [account, imageDigest],
      );
      await this.documents.delete(account, imageDigest, tags.map(fullTag));
      await tx.query(`DELETE FROM catalog_image WHERE "userId" = $1 AND "imageDigest" = $2`, [account, imageDigest]);
      const imageId = tags[0]?.imageId ?? ''; // a digest has one
      await jobs.send('forget-image', { account, imageDigest, imageId }, { sql: tx });
    });
  }

  private async mark(account: string, imageDigest: string, force: boolean): Promise<boolean> {
    const rows = await this.context.sql.query(
      `UPDATE catalog_image SET image_status = 'deleting', last_updated = extract(epoch FROM now())::integer
        WHERE "userId" = $1 AND "imageDigest" = $2 AND ($3 OR analysis_status <> 'analyzing') RETURNING 1`,
      [account, imageDigest, force],
    );
    return rows.length === 1;
  }

  /** Full tags of which the image is the newest and that have an active subscription. */
  private async subscribedTags(account: string, image: ImageRecord): Promise<string[]> {
    const subscribed: string[] = [];
    for (const tag of image.image_detail) {
      const newest = await newestOfTag(this.context.sql, account, tag);
      if (newest?.imageDigest !== image.imageDigest) continue;
      const active = await this.context.sql.query(
        `SELECT 1 FROM subscriptions WHERE "userId" = $1 AND subscription_key = $2 AND active LIMIT 1`,
        [account, fullTag(tag)],
      );
      if (active.length > 0) subscribed.push(fullTag(tag));
    }
    return subscribed;
  }
}

const BEING_ANALYSED = 'image is being analyzed; wait until it is done, or use force';

function refused(digest: string, detail: string): DeleteResult {
  return { digest, status: 'delete_failed', detail };
}

import { SERVICE_CONTEXT, jobKey, type ServiceContext } from '@kedge/service';
import { Inject, Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';

const REST_MS = 60_000;
/** Pause before another look at an account in which something was found. */
const AGAIN_MS = 2_000;
const BATCH = 200;

/** Every table whose rows belong to an account, with the column that says so; images apart. */
const TABLES = [
  ['policy_bundle', '"userId"'],
  ['policy_eval', '"userId"'],
  ['subscriptions', '"userId"'],
  ['registries', '"userId"'],
  ['events', 'resource_user_id'],
  ['catalog_archived_images_docker', 'account'],
  ['catalog_archived_images', 'account'],
  ['catalog_archive_transition_rules', 'account'],
  ['catalog_archive_transition_history', 'account'],
] as const;

/**
 * Empties accounts that are being deleted: images, policies, registries, subscriptions, evaluations, events, archives and
 * every object. The account itself goes when a look finds nothing left, so that what a running job still wrote goes too.
 * Replicas may work on the same account: every step can be done twice.
 */
@Injectable()
export class AccountCleanup implements OnApplicationBootstrap, OnModuleDestroy {
  private timer: NodeJS.Timeout | undefined;
  private due = Infinity;
  private running: Promise<void> = Promise.resolve();
  private stopped = false;

  constructor(@Inject(SERVICE_CONTEXT) private readonly context: ServiceContext) {}

  onApplicationBootstrap(): void {
    this.schedule(AGAIN_MS);
  }

  async onModuleDestroy(): Promise<void> {
    this.stopped = true;
    clearTimeout(this.timer);
    await this.running;
  }

  /** Looks now instead of at the next full minute. */
  wake(): void {
    this.schedule(0);
  }

  /** The earlier of two wishes counts. */
  private schedule(delayMs: number): void {
    const at = Date.now() + delayMs;
    if (this.stopped || at >= this.due) return;
    clearTimeout(this.timer);
    this.due = at;
    this.timer = setTimeout(() => {
      this.due = Infinity;
      this.running = this.running.then(() => this.look());
    }, delayMs);
    this.timer.unref();
  }

  private async look(): Promise<void> {
    let more = false;
    try {
      const accounts = await this.context.sql.query<{ name: string }>(
        `SELECT name FROM accounts WHERE state = 'deleting' ORDER BY last_updated LIMIT ${BATCH}`,
      );
      for (const { name } of accounts) {
        if (this.stopped) return;
        await this.empty(name);
        more = true;
      }
    } catch (error) {
      this.context.logger.warn(
        { reason: (error as Error).message },
        'cleaning up deleted accounts failed; trying again',
      );
    }
    this.schedule(more ? AGAIN_MS : REST_MS);
  }

  private async empty(account: string): Promise<void> {
    const removed = (await this.removeImages(account)) + (await this.removeRows(account));
    const objects = await this.removeObjects(account);
    if (removed + objects > 0 || this.stopped) return;
    await this.context.sql.query(`DELETE FROM accounts WHERE name = $1 AND state = 'deleting'`, [account]);
    this.context.logger.info({ account }, 'account deleted');
  }

  /** Rows of images with their jobs; the policy engine is told to forget them. */
  private async removeImages(account: string): Promise<number> {
    const { sql, jobs } = this.context;
    for (let removed = 0; ;) {
      const images = await sql.query<{ imageDigest: string; imageId: string | null }>(
        `SELECT i."imageDigest", (SELECT min(d."imageId") FROM catalog_image_docker d
            WHERE d."userId" = i."userId" AND d."imageDigest" = i."imageDigest") AS "imageId"
           FROM catalog_image i WHERE i."userId" = $1 LIMIT ${BATCH}`,
        [account],
      );
      if (images.length === 0 || this.stopped) return removed;
      for (const { imageDigest, imageId } of images) {
        const key = jobKey({ account, imageDigest });
        await jobs.cancel('analyze-image', key);
        await jobs.cancel('index-image', key);
        await sql.transaction(async (tx) => {
          await tx.query(`DELETE FROM catalog_image WHERE "userId" = $1 AND "imageDigest" = $2`, [
            account,
            imageDigest,
          ]);
          if (imageId) await jobs.send('forget-image', { account, imageDigest, imageId }, { sql: tx });
        });
      }
      removed += images.length;
    }
  }

  private async removeRows(account: string): Promise<number> {
    let removed = 0;
    for (const [table, column] of TABLES) {
      const [row] = await this.context.sql.query<{ count: number }>(
        `WITH gone AS (DELETE FROM ${table} WHERE ${column} = $1 RETURNING 1) SELECT count(*)::integer AS count FROM gone`,
        [account],
      );
      removed += row?.count ?? 0;
    }
    return removed;
  }

  private async removeObjects(account: string): Promise<number> {
    const { objectStore } = this.context.stores;
    for (let removed = 0, after = { account, bucket: '', key: '' }; ;) {
      const page = await objectStore.pageMetadata({ after, limit: BATCH });
      const own = page.filter((object) => object.account === account);
      for (const object of own) {
        if (this.stopped) return removed;
        await objectStore.delete(object);
        removed += 1;
      }
      const last = own.at(-1);
      if (!last || own.length < page.length) return removed;
      after = last;
    }
  }
}

import { Inject, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { SERVICE_CONTEXT, type Job, type ServiceContext } from '@kedge/service';
import { IndexStore } from '../index-store/index-store.js';
import { ImageIndexer } from './image-indexer.js';

/** Images that one process indexes at a time: an index job holds the file list of an image in memory. */
const CONCURRENCY = 2;

/** Takes the jobs of the policy engine: index an image, forget an image. */
@Injectable()
export class IndexWorker implements OnApplicationBootstrap {
  constructor(
    @Inject(SERVICE_CONTEXT) private readonly context: ServiceContext,
    private readonly indexer: ImageIndexer,
    private readonly store: IndexStore,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    const { jobs } = this.context;
    await this.store.collect();
    await jobs.onFailed('index-image', ({ payload, reason }) => this.indexer.failed(nameOf(payload), reason, true));
    await jobs.work('index-image', { concurrency: CONCURRENCY }, (job, signal) => this.index(job, signal));
    await jobs.work('forget-image', { concurrency: 1 }, ({ payload }) => this.forget(nameOf(payload)));
  }

  /** An image that was added again meanwhile keeps its index; its next analysis replaces it. */
  private async forget(name: { account: string; digest: string }): Promise<void> {
    const rows = await this.context.sql.query(
      `SELECT 1 FROM catalog_image WHERE "userId" = $1 AND "imageDigest" = $2 AND image_status = 'active'`,
      [name.account, name.digest],
    );
    if (rows.length === 0) await this.store.forget(name);
  }

  private async index(job: Job<'index-image'>, signal: AbortSignal): Promise<void> {
    const { logger } = this.context;
    const name = nameOf(job.payload);
    try {
      const result = await this.indexer.run(name, signal);
      logger.info({ image: name.digest, account: name.account, ...result }, 'image indexed');
    } catch (error) {
      const reason = (error as Error).message;
      logger.warn({ image: name.digest, account: name.account, attempt: job.attempt, reason }, 'indexing failed');
      if (!signal.aborted) await this.indexer.failed(name, `indexing failed: ${reason}`, false);
      throw error;
    }
  }
}

function nameOf(payload: { account: string; imageDigest: string }): { account: string; digest: string } {
  return { account: payload.account, digest: payload.imageDigest };
}

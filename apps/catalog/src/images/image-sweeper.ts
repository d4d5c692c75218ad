import { SERVICE_CONTEXT, type ServiceContext } from '@kedge/service';
import { Inject, Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { BackgroundTask } from './background-task.js';
import { ImageRemover } from './image-remover.js';

interface ImageName {
  account: string;
  imageDigest: string;
}

const BATCH = 200;
/** An image that waits for so long gets its job again, should it have been lost. Seconds. */
const WAITING_SECONDS = 120;

/**
 * Every minute, in one of the catalogs: finishes deletions that were interrupted, and sees to it that every image which
 * waits for its analysis has a job. Sending a job that is there changes nothing, so no image is ever stuck.
 */
@Injectable()
export class ImageSweeper implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly task: BackgroundTask;

  constructor(
    @Inject(SERVICE_CONTEXT) private readonly context: ServiceContext,
    private readonly remover: ImageRemover,
  ) {
    this.task = new BackgroundTask(context, {
      name: 'image sweeper',
      firstMs: 1_000,
      periodMs: 60_000,
      work: (signal) => this.sweep(signal),
    });
  }

  onApplicationBootstrap(): void {
    this.task.start();
  }

  onModuleDestroy(): Promise<void> {
    return this.task.stop();
  }

  /** One pass over all images that want something. */
  async sweep(signal: AbortSignal = new AbortController().signal): Promise<void> {
    await this.each(`image_status = 'deleting'`, signal, async ({ account, imageDigest }) => {
      await this.remover.finish(account, imageDigest);
    });
    const now = 'extract(epoch FROM now())::integer';
    // An analysis that says nothing for that long lost its job with everything that would have reported it.
    const timeout = Math.max(60, Math.floor(this.context.config.image_analyze_timeout_seconds));
    await this.context.sql.query(
      `UPDATE catalog_image SET analysis_status = 'not_analyzed', last_updated = ${now}
        WHERE analysis_status = 'analyzing' AND image_status = 'active' AND last_updated < ${now} - $1::integer`,
      [timeout],
    );
    const waiting = `image_status = 'active' AND analysis_status = 'not_analyzed' AND last_updated < ${now} - ${WAITING_SECONDS}`;
    await this.each(waiting, signal, async (image) => {
      await this.context.jobs.send('analyze-image', image);
    });
  }

  /** Does something with each image that meets a condition; one that fails is left for the next pass. */
  private async each(condition: string, signal: AbortSignal, act: (image: ImageName) => Promise<void>): Promise<void> {
    let after: ImageName = { account: '', imageDigest: '' };
    for (;;) {
      const images: ImageName[] = await this.context.sql.query<ImageName>(
        `SELECT "userId" AS account, "imageDigest" FROM catalog_image
          WHERE ${condition} AND ("userId", "imageDigest") > ($1, $2)
          ORDER BY "userId", "imageDigest" LIMIT ${BATCH}`,
        [after.account, after.imageDigest],
      );
      for (const image of images) {
        if (signal.aborted) return;
        try {
          await act(image);
        } catch (error) {
          this.context.logger.warn({ ...image, reason: (error as Error).message }, 'an image could not be swept yet');
        }
      }
      const last = images.at(-1);
      if (!last || images.length < BATCH) return;
      after = last;
    }
  }
}

import { SERVICE_CONTEXT, type ServiceContext } from '@kedge/service';
import { Inject, Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { BackgroundTask } from './background-task.js';
import { ImageRemover } from './image-remover.js';

interface ImageName {
  account: string;
  imageDigest: string;
}

const BATCH = 200;
/** Waiting images that are looked after in one pass; the next pass goes on behind them. */
const WAITING_PER_PASS = 1000;
const FIRST: ImageName = { account: '', imageDigest: '' };
/** An image that waits for so long gets its job again, should it have been lost. Seconds. */
const WAITING_SECONDS = 120;

/**
 * Every minute, in one of the catalogs: finishes deletions that were interrupted, and sees to it that every image which
 * waits for its analysis has a job. Sending a job that is there changes nothing, so no image is ever stuck.
 */
@Injectable()
export class ImageSweeper implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly task: BackgroundTask;
  private lookedAfter = FIRST;

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
    const finish = ({ account, imageDigest }: ImageName): Promise<void> => this.remover.finish(account, imageDigest);
    await this.each(`image_status = 'deleting'`, { signal, act: finish });
    const now = 'extract(epoch FROM now())::integer';
    // An analysis that says nothing for that long lost its job with everything that would have reported it.
    const timeout = Math.max(60, Math.floor(this.context.config.image_analyze_timeout_seconds));
    await this.context.sql.query(
      `UPDATE catalog_image SET analysis_status = 'not_analyzed', last_updated = ${now}
        WHERE analysis_status = 'analyzing' AND image_status = 'active' AND last_updated < ${now} - $1::integer`,
      [timeout],
    );
    const waiting = `image_status = 'active' AND analysis_status = 'not_analyzed' AND last_updated < ${now} - ${WAITING_SECONDS}`;
    this.lookedAfter = await this.each(waiting, {
      signal,
      act: async (image) => void (await this.context.jobs.send('analyze-image', image)),
      after: this.lookedAfter,
      limit: WAITING_PER_PASS,
    });
  }

  /**
   * Does something with each image that meets a condition; one that fails is left for the next pass.
   *
   * @returns where to go on: the last image when the limit was reached, else the beginning.
   */
  private async each(
    condition: string,
    options: {
      signal: AbortSignal;
      act: (image: ImageName) => Promise<void>;
      after?: ImageName;
      limit?: number;
    },
  ): Promise<ImageName> {
    const { signal, act, limit = Infinity } = options;
    let after = options.after ?? FIRST;
    for (let done = 0; done < limit; done += BATCH) {
      const images: ImageName[] = await this.context.sql.query<ImageName>(
        `SELECT "userId" AS account, "imageDigest" FROM catalog_image
          WHERE ${condition} AND ("userId", "imageDigest") > ($1, $2)
          ORDER BY "userId", "imageDigest" LIMIT ${BATCH}`,
        [after.account, after.imageDigest],
      );
      for (const image of images) {
        if (signal.aborted) return FIRST;
        try {
          await act(image);
        } catch (error) {
          this.context.logger.warn({ ...image, reason: (error as Error).message }, 'an image could not be swept yet');
        }
      }
      const last = images.at(-1);
      if (!last || images.length < BATCH) return FIRST;
      after = last;
    }
    return after;
  }
}

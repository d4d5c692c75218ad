import { RuleRunner, type TransitionResult } from '@kedge/archive';
import { SERVICE_CONTEXT, type ServiceContext } from '@kedge/service';
import { Inject, Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { BackgroundTask } from '../images/background-task.js';
import { ImageRemover } from '../images/image-remover.js';
import { ArchiveAccess } from './archive-access.js';

const DEFAULT_SECONDS = 43_200;
const MIN_SECONDS = 60;
const MAX_SECONDS = 432_000;
/** Timers of Node.js count milliseconds in 31 bits. */
const LONGEST_TIMER_SECONDS = 2_000_000;
/** Pause after the start, so that services which restart often get round to it. */
const FIRST_SECONDS = 60;
/** Set to `true`, the rules only log what they would do. */
const DRY_RUN = 'ANCHORE_ANALYSIS_ARCHIVE_DRYRUN_ENABLED';

/** Runs the archive rules every `cycle_timers.archive_tasks` seconds, in one of the catalogs at a time. */
@Injectable()
export class ArchiveTasks implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly runner: RuleRunner;
  private readonly task: BackgroundTask | undefined;

  constructor(
    @Inject(SERVICE_CONTEXT) private readonly context: ServiceContext,
    archive: ArchiveAccess,
    remover: ImageRemover,
  ) {
    this.runner = new RuleRunner({
      sql: context.sql,
      archiver: archive.archiver,
      removeImage: async (account, imageDigest) => {
        const { status, detail } = await remover.remove(account, imageDigest, true);
        if (status === 'delete_failed') throw new Error(detail ?? status);
      },
    });
    const seconds = cycleSeconds(context.config.services.catalog?.cycle_timers?.['archive_tasks']);
    if (seconds === undefined) return;
    this.task = new BackgroundTask(context, {
      name: 'archive rules',
      firstMs: Math.min(seconds, FIRST_SECONDS) * 1000,
      periodMs: seconds * 1000,
      work: async (signal) => void (await this.run({ signal })),
    });
  }

  onApplicationBootstrap(): void {
    this.task?.start();
  }

  async onModuleDestroy(): Promise<void> {
    await this.task?.stop();
  }

  /** One run over all accounts. What was done, or would be done, goes to the log; the numbers are answered. */
  async run(options: { dryRun?: boolean; signal?: AbortSignal } = {}): Promise<{ done: number; failed: number }> {
    const dryRun = options.dryRun ?? process.env[DRY_RUN]?.toLowerCase() === 'true';
    const count = { done: 0, failed: 0 };
    for await (const result of this.runner.run({ ...options, dryRun })) {
      if (result.failure === undefined) count.done += 1;
      else count.failed += 1;
      this.report(result, dryRun);
    }
    return count;
  }

  private report(result: TransitionResult, dryRun: boolean): void {
    const { failure, ...image } = result;
    if (failure !== undefined) this.context.logger.warn({ ...image, reason: failure }, 'an archive rule failed');
    else this.context.logger.info(image, dryRun ? 'an archive rule would apply (dry run)' : 'an archive rule applied');
  }
}

/**
 * Seconds between runs from the configured value (api spec 6): 0 switches the task off, a negative number is taken without
 * its sign and without limits, others are held between 60 and 432000.
 */
export function cycleSeconds(configured: number | undefined): number | undefined {
  if (configured === undefined) return DEFAULT_SECONDS;
  if (configured === 0) return undefined;
  return configured < 0
    ? Math.min(-configured, LONGEST_TIMER_SECONDS)
    : Math.min(Math.max(configured, MIN_SECONDS), MAX_SECONDS);
}

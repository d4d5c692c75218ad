import { ImageStates, type Sql } from '@kedge/database';
import type { FailedJob, Job } from '@kedge/service';
import type { Logger } from 'pino';
import { AnalyzerError } from '../errors.js';
import { readImage, type ImageRecord } from '../image/image-record.js';
import { ImageGoneError, SupersededError, watchImage } from '../image/watch-image.js';
import type { RulesFile } from '../rules/rules-file.js';
import { addFailedEvents, type EventSource } from './analysis-events.js';
import type { AnalysisMetrics } from './analysis-metrics.js';
import { describeFailure, FailedAnalysisError } from './failure.js';
import type { AnalysisReport, ImageAnalysis } from './image-analysis.js';

type AnalyzeJob = Job<'analyze-image'>;

export interface AnalyzeJobsParts {
  sql: Sql;
  analysis: ImageAnalysis;
  rules: RulesFile;
  metrics: AnalysisMetrics;
  logger: Logger;
  eventSource: EventSource;
  /** Longest time for one image in seconds, `image_analyze_timeout_seconds`; 0 for no limit. */
  timeoutSeconds: number;
}

/** Handles the jobs `analyze-image`: states of the image, time limit, deletion meanwhile, failures and their reasons. */
export class AnalyzeJobs {
  private readonly states: ImageStates;

  constructor(private readonly parts: AnalyzeJobsParts) {
    this.states = new ImageStates(parts.sql);
  }

  /** One job. Rejects with {@link FailedAnalysisError} for the queue to repeat or give up, or with the signal's reason. */
  async handle(job: AnalyzeJob, signal: AbortSignal): Promise<void> {
    const { account, imageDigest } = job.payload;
    const log = this.parts.logger.child({ job: job.id, account, image: imageDigest, attempt: job.attempt });
    if (!(await this.states.begin(account, imageDigest))) {
      log.info('nothing to analyse: the image is gone, being deleted, or analysed already');
      return;
    }
    const record = await readImage(this.parts.sql, account, imageDigest);
    if (!record) return;
    const started = performance.now();
    const seconds = (): number => (performance.now() - started) / 1000;
    try {
      const report = await this.analyse(record, signal);
      this.parts.metrics.success.inc();
      this.parts.metrics.time.observe({ status: 'success' }, seconds());
      this.observe(report);
      log.info(logged(report, seconds()), 'image analysed');
    } catch (error) {
      if (error instanceof ImageGoneError) {
        log.info('the image was deleted; its analysis was stopped');
        return;
      }
      if (error instanceof SupersededError) {
        log.info('a new analysis was asked for meanwhile; this one does not count');
        return;
      }
      if (signal.aborted) {
        log.info({ reason: (signal.reason as Error | undefined)?.message }, 'the analysis was stopped');
        throw error; // the queue knows why and what to do
      }
      throw await this.failed(job, record, error, seconds(), log);
    }
  }

  /**
   * A job that will not run again, also when its last worker was killed. Idempotent.
   *
   * @param wanted the analysis it was for, where that is known: a newer one has its own job
   */
  async giveUp(
    { payload, reason }: Pick<FailedJob<'analyze-image'>, 'payload' | 'reason'>,
    wanted?: number,
  ): Promise<boolean> {
    const { account, imageDigest } = payload;
    const record = await readImage(this.parts.sql, account, imageDigest);
    if (!record) return false;
    const changed = await this.parts.sql.transaction(async (tx) => {
      const won = await new ImageStates(tx).fail(account, imageDigest, reason, wanted);
      if (won) await addFailedEvents(tx, this.parts.eventSource, record, reason);
      return won;
    });
    if (changed) this.parts.metrics.error.inc();
    return changed;
  }

  private async analyse(record: ImageRecord, jobSignal: AbortSignal): Promise<AnalysisReport> {
    const { analysis, rules, sql, timeoutSeconds } = this.parts;
    const watch = watchImage(sql, record.account, record.digest);
    const late = new AbortController();
    const timer =
      timeoutSeconds > 0
        ? setTimeout(() => late.abort(timeLimit(record, timeoutSeconds)), timeoutSeconds * 1000)
        : undefined;
    const signal = AbortSignal.any([jobSignal, watch.signal, late.signal]);
    try {
      return await analysis.run(record, await rules.current(), signal);
    } catch (error) {
      // What failed because it was stopped says little; the reason of the stop says why.
      throw signal.aborted ? signal.reason : error;
    } finally {
      clearTimeout(timer);
      watch.stop();
    }
  }

  private async failed(
    job: AnalyzeJob,
    record: ImageRecord,
    error: unknown,
    seconds: number,
    log: Logger,
  ): Promise<FailedAnalysisError> {
    const tag = record.tags[0];
    const failure = describeFailure(error, tag ? `${tag.registry}/${tag.repo}:${tag.tag}` : record.digest);
    const { account, digest } = record;
    if (failure.code === 'unexpected') log.error({ err: error }, 'the analysis failed for a reason nobody expected');
    if (failure.retryable && !job.lastAttempt) {
      log.warn({ reason: failure.reason, code: failure.code }, 'the analysis failed and will be repeated');
      await this.states.note(account, digest, `attempt ${job.attempt} failed and is repeated: ${failure.reason}`);
    } else {
      log.warn({ reason: failure.reason, code: failure.code }, 'the analysis failed');
      this.parts.metrics.time.observe({ status: 'fail' }, seconds);
      await this.giveUp({ payload: job.payload, reason: failure.reason }, record.wanted);
    }
    return new FailedAnalysisError(failure, error);
  }

  private observe(report: AnalysisReport): void {
    const { metrics } = this.parts;
    metrics.files.inc(report.entries);
    for (const [phase, seconds] of Object.entries(report.phases)) metrics.phase.observe({ phase }, seconds);
    for (const [analyzer, { status, milliseconds }] of Object.entries(report.analyzers)) {
      if (status !== 'skipped') metrics.analyzers.observe({ analyzer, status }, milliseconds / 1000);
    }
  }
}

function timeLimit({ digest }: ImageRecord, seconds: number): AnalyzerError {
  return new AnalyzerError(
    'time_limit',
    `the analysis of ${digest} took longer than ${seconds} s and was stopped; look at the speed of its registry, or raise ` +
      'image_analyze_timeout_seconds',
  );
}

function logged({ name, layers, entries, phases, analyzers, warnings }: AnalysisReport, seconds: number): object {
  const failed = Object.entries(analyzers).filter(([, { status }]) => status === 'failed');
  return {
    source: name,
    layers,
    files: entries,
    seconds: round(seconds),
    phases: Object.fromEntries(Object.entries(phases).map(([phase, time]) => [phase, round(time)])),
    ...(failed.length > 0 ? { failedSteps: Object.fromEntries(failed) } : {}),
    ...(warnings.length > 0 ? { warnings: warnings.slice(0, 10) } : {}),
  };
}

function round(seconds: number): number {
  return Math.round(seconds * 1000) / 1000;
}

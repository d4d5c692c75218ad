import type { DatabaseSettings } from '@kedge/config';
import type { JobResult, JobWithMetadata, PgBoss } from 'pg-boss';
import { failureOutput, failureReason, isRetryable } from './failure-reason.js';
import type { FailedJob, Job, JobHandler, JobQueue, QueueCounts, SendJobOptions } from './job-queue.js';
import { openBoss, type BossOptions } from './open-boss.js';
import {
  deadLetterQueue,
  JOB_SCHEMA,
  jobKey,
  LEASE_SECONDS,
  QUEUE_NAMES,
  type JobPayloads,
  type QueueName,
} from './queues.js';

export interface JobQueueOptions extends Omit<BossOptions, 'install'> {
  /** Seconds of silence after which a job sent from here is given to another worker; at least 10. Default 30. */
  leaseSeconds?: number;
}

/** Seconds between looks for jobs when no notification comes, e.g. for jobs that are due again after a failure. */
const POLL_SECONDS = 1;
const MAX_LISTED = 1000;

interface DeadRow {
  id: string;
  data: unknown;
  output: unknown;
  retries: number | null;
  created: Date;
  failed: Date;
}

/**
 * {@link JobQueue} on pg-boss: SKIP LOCKED to take jobs, LISTEN/NOTIFY to wake workers, heartbeats as leases. Every
 * service also looks for lost jobs; pg-boss sees to it that one at a time does.
 */
export class PgBossJobQueue implements JobQueue {
  private readonly working = new Set<string>();
  private readonly stopping = new AbortController();
  private stopped: Promise<void> | undefined;
  private closed: Promise<void> | undefined;

  private constructor(
    private readonly boss: PgBoss,
    private readonly leaseSeconds: number,
  ) {}

  /** @throws DatabaseError `schema_missing`, `schema_old` (run `anchore-manager db upgrade`) or `unreachable`. */
  static async open(settings: DatabaseSettings, options: JobQueueOptions): Promise<PgBossJobQueue> {
    return new PgBossJobQueue(await openBoss(settings, options), options.leaseSeconds ?? LEASE_SECONDS);
  }

  async send<Q extends QueueName>(
    queue: Q,
    payload: JobPayloads[Q],
    options: SendJobOptions = {},
  ): Promise<string | undefined> {
    const { sql, priority } = options;
    // An update of the waiting job, or an insert: two plain inserts could leave one waiting and one due for a retry.
    const result = await this.boss.upsert(queue, payload, {
      singletonKey: options.key ?? jobKey(payload),
      startAfter: new Date(),
      heartbeatSeconds: this.leaseSeconds,
      ...(priority === undefined ? {} : { priority }),
      ...(sql ? { db: { executeSql: async (text, values) => ({ rows: await sql.query(text, values) }) } } : {}),
    });
    return result.inserted > 0 ? result.jobs[0] : undefined;
  }

  async work<Q extends QueueName>(queue: Q, options: { concurrency: number }, handler: JobHandler<Q>): Promise<void> {
    await this.take<JobPayloads[Q]>(queue, options.concurrency, async (job) => {
      const attempt: Job<Q> = {
        id: job.id,
        queue,
        payload: job.data,
        attempt: job.retryCount + 1,
        lastAttempt: job.retryCount >= job.retryLimit,
        createdAt: job.createdOn,
      };
      try {
        await handler(attempt, AbortSignal.any([job.signal, this.stopping.signal]));
        return { id: job.id, status: 'completed' };
      } catch (error) {
        if (this.stopping.signal.aborted && isRetryable(error)) return this.handBack(queue, job);
        return { id: job.id, status: isRetryable(error) ? 'failed' : 'deadletter', output: failureOutput(error) };
      }
    });
  }

  async onFailed<Q extends QueueName>(queue: Q, handler: (job: FailedJob<Q>) => Promise<void>): Promise<void> {
    await this.take<JobPayloads[Q]>(deadLetterQueue(queue), 1, async (job) => {
      try {
        const newer = await this.unfinished(queue, job.singletonKey ?? jobKey(job.data));
        if (newer.length === 0) {
          await handler({
            id: job.sourceId ?? job.id,
            queue,
            payload: job.data,
            reason: failureReason(job.sourceOutput),
            attempts: (job.sourceRetryCount ?? 0) + 1,
            createdAt: job.sourceCreatedOn ?? job.createdOn,
            failedAt: job.createdOn,
          });
        }
        return { id: job.id, status: 'completed' };
      } catch (error) {
        return { id: job.id, status: 'failed', output: failureOutput(error) };
      }
    });
  }

  async cancel(queue: QueueName, key: string): Promise<number> {
    const ids = await this.unfinished(queue, key);
    if (ids.length > 0) await this.boss.cancel(queue, ids);
    return ids.length;
  }

  async counts(): Promise<QueueCounts[]> {
    const rows = await this.rows<{ name: string; state: string; jobs: number }>(
      `SELECT name, state::text AS state, count(*)::integer AS jobs FROM ${JOB_SCHEMA}.job
       WHERE name = ANY($1) OR name = ANY($2) GROUP BY name, state`,
      [QUEUE_NAMES, QUEUE_NAMES.map(deadLetterQueue)],
    );
    const count = (name: string, states?: string[]): number =>
      rows
        .filter((row) => row.name === name && (states?.includes(row.state) ?? true))
        .reduce((sum, row) => sum + row.jobs, 0);
    return QUEUE_NAMES.map((queue) => ({
      queue,
      waiting: count(queue, ['created', 'retry']),
      active: count(queue, ['active']),
      failed: count(deadLetterQueue(queue)),
    }));
  }

  async failed<Q extends QueueName>(queue: Q, options: { limit?: number } = {}): Promise<FailedJob<Q>[]> {
    const rows = await this.rows<DeadRow>(
      `SELECT coalesce(source_id, id) AS id, data, source_output AS output, source_retry_count AS retries,
              coalesce(source_created_on, created_on) AS created, created_on AS failed
       FROM ${JOB_SCHEMA}.job WHERE name = $1 ORDER BY created_on DESC, id LIMIT $2`,
      [deadLetterQueue(queue), Math.min(options.limit ?? 100, MAX_LISTED)],
    );
    return rows.map((row) => ({
      id: row.id,
      queue,
      payload: row.data as JobPayloads[Q],
      reason: failureReason(row.output),
      attempts: (row.retries ?? 0) + 1,
      createdAt: row.created,
      failedAt: row.failed,
    }));
  }

  stopWorking(options: { finishSeconds?: number; graceSeconds?: number } = {}): Promise<void> {
    this.stopped ??= this.drain((options.finishSeconds ?? 5) * 1000, (options.graceSeconds ?? 30) * 1000);
    return this.stopped;
  }

  close(options: { finishSeconds?: number; graceSeconds?: number } = {}): Promise<void> {
    this.closed ??= this.stopWorking(options).then(() => this.boss.stop({ graceful: false }));
    return this.closed;
  }

  private async drain(finishMs: number, graceMs: number): Promise<void> {
    const timers: NodeJS.Timeout[] = [];
    const after = (ms: number): Promise<void> => new Promise((resolve) => timers.push(setTimeout(resolve, ms)));
    void after(finishMs).then(() => this.stopping.abort(new Error('the service stops')));
    const handlers = Promise.all([...this.working].map((queue) => this.boss.offWork(queue, { wait: true })));
    try {
      await Promise.race([handlers, after(graceMs)]);
    } finally {
      this.stopping.abort(new Error('the service stops'));
      timers.forEach(clearTimeout);
    }
  }

  /** The type parameter is what the queue's senders promise; pg-boss stores it as JSON. */
  private async take<P>(
    queue: string,
    concurrency: number,
    run: (job: JobWithMetadata<P>) => Promise<JobResult>,
  ): Promise<void> {
    this.working.add(queue);
    for (let count = 0; count < concurrency; count++) {
      const worker: { id?: string } = {}; // a job may be done before its worker's id is known
      worker.id = await this.boss.work<P, unknown, { includeMetadata: true; perJobResults: true }>(
        queue,
        {
          includeMetadata: true,
          perJobResults: true,
          pollingIntervalSeconds: POLL_SECONDS,
          notifyPollingIntervalSeconds: POLL_SECONDS,
          heartbeatRefreshSeconds: this.leaseSeconds / 3,
        } as { includeMetadata: true; perJobResults: true },
        async (jobs) => {
          const results = await Promise.all(jobs.map(run));
          // Look for the next job at once, not when the next poll is due.
          setImmediate(() => worker.id !== undefined && this.boss.notifyWorker(worker.id));
          return results;
        },
      );
    }
  }

  /** Interrupted by our own stop: a fresh job takes this one's place, so that restarts use up no attempts. */
  private async handBack<Q extends QueueName>(
    queue: Q,
    job: JobWithMetadata<JobPayloads[Q]>,
  ): Promise<{ id: string; status: 'completed' }> {
    await this.send(queue, job.data, {
      priority: job.priority,
      ...(job.singletonKey === null ? {} : { key: job.singletonKey }),
    });
    return { id: job.id, status: 'completed' };
  }

  private async rows<T>(sql: string, parameters: unknown[]): Promise<T[]> {
    const result = await this.boss.getDb().executeSql(sql, parameters);
    return result.rows as T[];
  }

  private async unfinished(queue: QueueName, key: string): Promise<string[]> {
    const jobs = await this.boss.findJobs(queue, { key });
    return jobs.filter(({ state }) => ['created', 'retry', 'active'].includes(state)).map(({ id }) => id);
  }
}

import type { SqlPort } from '@kedge/object-store';
import type { JobPayloads, QueueName } from './queues.js';

export interface Job<Q extends QueueName = QueueName> {
  id: string;
  queue: Q;
  payload: JobPayloads[Q];
  /** 1 for the first run. */
  attempt: number;
  /** True when a failure of this run is final. */
  lastAttempt: boolean;
  createdAt: Date;
}

/**
 * Runs one job. `signal` fires when the job's lease is lost, the job was cancelled or the service stops.
 *
 * A rejection means another attempt later, unless the error has `retryable: false`: then the job fails at once. A
 * rejection after the service began to stop does not count as an attempt. A job may run twice, so handlers are idempotent.
 */
export type JobHandler<Q extends QueueName> = (job: Job<Q>, signal: AbortSignal) => Promise<void>;

/** A job that will not run again by itself. */
export interface FailedJob<Q extends QueueName = QueueName> {
  id: string;
  queue: Q;
  payload: JobPayloads[Q];
  /** One line. */
  reason: string;
  attempts: number;
  createdAt: Date;
  failedAt: Date;
}

export interface QueueCounts {
  queue: QueueName;
  /** Jobs that wait for a worker, those that wait for another attempt included. */
  waiting: number;
  active: number;
  /** Jobs that failed for good in the last 14 days. */
  failed: number;
}

export interface SendJobOptions {
  /** The job exists only if this transaction commits. */
  sql?: Pick<SqlPort, 'query'>;
  /** At most one waiting job per key. Default `<account>/<imageDigest>`. */
  key?: string;
  /** Higher runs earlier. Default 0. */
  priority?: number;
}

/** The queues of Kedge, kept in the services' database. */
export interface JobQueue {
  /**
   * The new job's id; undefined when a job with that key waits already. That one then gets this payload and is due at
   * once, should it wait for another attempt.
   */
  send<Q extends QueueName>(queue: Q, payload: JobPayloads[Q], options?: SendJobOptions): Promise<string | undefined>;

  /** Starts taking jobs, `concurrency` at a time in this process. Jobs with one key run one after another. */
  work<Q extends QueueName>(queue: Q, options: { concurrency: number }, handler: JobHandler<Q>): Promise<void>;

  /**
   * Calls the handler for every job of the queue that failed for good, also when its last worker was killed; again when
   * the handler fails. Left out are jobs whose key meanwhile has a newer job.
   */
  onFailed<Q extends QueueName>(queue: Q, handler: (job: FailedJob<Q>) => Promise<void>): Promise<void>;

  /** Removes the waiting job with that key and tells a running one to stop within seconds. The number of jobs. */
  cancel(queue: QueueName, key: string): Promise<number>;

  /** Exact, by one query. */
  counts(): Promise<QueueCounts[]>;

  /** Jobs that failed for good, latest first; default 100, at most 1000. They are kept for 14 days. */
  failed<Q extends QueueName>(queue: Q, options?: { limit?: number }): Promise<FailedJob<Q>[]>;

  /**
   * Takes no more jobs and waits for running ones: they may finish for `finishSeconds` (default 5), then their signal
   * fires, and those still running after `graceSeconds` (default 30) are left to other workers. `send` still works.
   */
  stopWorking(options?: { finishSeconds?: number; graceSeconds?: number }): Promise<void>;

  /** {@link stopWorking}, then disconnects. Idempotent. */
  close(options?: { finishSeconds?: number; graceSeconds?: number }): Promise<void>;
}

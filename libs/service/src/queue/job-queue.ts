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
 * Runs one job. `signal` fires when the job's lease is lost or the service stops.
 *
 * A rejection means another attempt later, unless the error has `retryable: false`: then the job fails at once.
 */
export type JobHandler<Q extends QueueName> = (job: Job<Q>, signal: AbortSignal) => Promise<void>;

/** A job that will not run again by itself. */
export interface FailedJob<Q extends QueueName = QueueName> {
  id: string;
  queue: Q;
  payload: JobPayloads[Q];
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
  /** The job's id; undefined when a job with that key waits already. */
  send<Q extends QueueName>(queue: Q, payload: JobPayloads[Q], options?: SendJobOptions): Promise<string | undefined>;

  /** Starts taking jobs, `concurrency` at a time in this process. */
  work<Q extends QueueName>(queue: Q, options: { concurrency: number }, handler: JobHandler<Q>): Promise<void>;

  /**
   * Calls the handler once for every job of the queue that failed for good, also when its last worker was killed. Called
   * again when the handler fails.
   */
  onFailed<Q extends QueueName>(queue: Q, handler: (job: FailedJob<Q>) => Promise<void>): Promise<void>;

  /** Removes the waiting job with that key and tells a running one to stop. The number of jobs. */
  cancel(queue: QueueName, key: string): Promise<number>;

  counts(): Promise<QueueCounts[]>;

  /** Failed jobs, latest first. */
  failed<Q extends QueueName>(queue: Q, options?: { limit?: number }): Promise<FailedJob<Q>[]>;

  /** Takes no more jobs, tells running handlers to stop and waits for them, at most `graceSeconds` (default 30). */
  close(options?: { graceSeconds?: number }): Promise<void>;
}

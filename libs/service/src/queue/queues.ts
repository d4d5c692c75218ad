/** Payloads by queue. `imageDigest` is `sha256:<hex>` of the platform manifest, `imageId` hex of the config's digest. */
export interface JobPayloads {
  'analyze-image': { account: string; imageDigest: string };
  'index-image': { account: string; imageDigest: string };
  'forget-image': { account: string; imageDigest: string; imageId: string };
}

export type QueueName = keyof JobPayloads;

/** How the jobs of one queue are tried. Seconds. */
export interface QueueRules {
  /** Attempts after the first one. */
  retryLimit: number;
  /** Pause before the first retry; doubles with every further one, with some chance in it. */
  retryDelay: number;
  retryDelayMax: number;
  /** A handler that runs longer is given up. */
  expireInSeconds: number;
}

const HOUR = 3600;

export const QUEUES: Readonly<Record<QueueName, QueueRules>> = {
  // The analyzer's own limits end an analysis earlier; this one is for a handler that hangs.
  'analyze-image': { retryLimit: 4, retryDelay: 5, retryDelayMax: 600, expireInSeconds: 12 * HOUR },
  'index-image': { retryLimit: 6, retryDelay: 5, retryDelayMax: 300, expireInSeconds: 2 * HOUR },
  'forget-image': { retryLimit: 10, retryDelay: 5, retryDelayMax: 600, expireInSeconds: HOUR / 2 },
};

export const QUEUE_NAMES = Object.keys(QUEUES) as QueueName[];

/** PostgreSQL schema of the queue's tables. */
export const JOB_SCHEMA = 'kedge_jobs';
/** A job whose worker is silent for this long is given to another one. pg-boss allows no less than 10. */
export const LEASE_SECONDS = 30;
/** How long finished jobs stay visible. */
export const KEEP_FINISHED_SECONDS = 24 * HOUR;
/** How long failed jobs stay visible in the dead letter queue. */
export const KEEP_FAILED_SECONDS = 14 * 24 * HOUR;

/** Where the jobs go that failed for good. */
export function deadLetterQueue(queue: QueueName): string {
  return `${queue}-failed`;
}

/** The key that makes jobs of one image one: at most one of them waits. */
export function jobKey(payload: { account: string; imageDigest: string }): string {
  return `${payload.account}/${payload.imageDigest}`;
}

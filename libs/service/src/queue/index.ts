/** The job queue without the web framework. */
export { installJobQueue } from './install-job-queue.js';
export { PgBossJobQueue, type JobQueueOptions } from './pg-boss-job-queue.js';

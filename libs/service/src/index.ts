export { ApiError, type ErrorDetail } from '@kedge/client';
export { SERVICE_CONTEXT } from './bootstrap/service-definition.js';
export type {
  RunningService,
  ServiceContext,
  ServiceDefinition,
  StartOptions,
} from './bootstrap/service-definition.js';
export { startService } from './bootstrap/start-service.js';
export { runMain } from './bootstrap/run-main.js';
export { exitCodeFor } from './errors/exit-code.js';
export type { JobPayloads, QueueName } from './queue/queues.js';
export type { FailedJob, Job, JobHandler, JobQueue, QueueCounts, SendJobOptions } from './queue/job-queue.js';
export { installJobQueue } from './queue/install-job-queue.js';
export { ServiceTokenGuard } from './auth/service-token.guard.js';
export { hashPassword, verifyPassword } from './auth/password.js';
export { meterDriver } from './metrics/meter-driver.js';
export { MAX_REGISTRIES_PER_ACCOUNT, registryRecords } from './registry-logins.js';

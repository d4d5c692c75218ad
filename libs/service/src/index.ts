export { ApiError, PolicyEngineClient, type ErrorDetail } from '@kedge/client';
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
export { toApiError } from './errors/api-errors.js';
export { InterruptedError, UsageError } from './errors/usage-error.js';
export { createLogger } from './logging/create-logger.js';
export { KEDGE_VERSION } from './health/service-version.js';
export type { StatusDocument } from './health/service-status.js';
export { hostId } from './heartbeat/service-address.js';
export { ServiceRegistry, SILENT_SECONDS } from './heartbeat/service-registry.js';
export { jobKey, type JobPayloads, type QueueName } from './queue/queues.js';
export type { FailedJob, Job, JobHandler, JobQueue, QueueCounts, SendJobOptions } from './queue/job-queue.js';
export { PgBossJobQueue, type JobQueueOptions } from './queue/pg-boss-job-queue.js';
export { installJobQueue } from './queue/install-job-queue.js';
export { ServiceTokenGuard } from './auth/service-token.guard.js';
export { OperatorGuard } from './auth/operator.guard.js';
export { UserAuthenticator, type AuthenticatedUser } from './auth/user-authenticator.js';
export { bearerToken, basicCredentials } from './auth/authorization-header.js';
export { hashPassword, verifyPassword } from './auth/password.js';
export { meterDriver } from './metrics/meter-driver.js';
export { MAX_REGISTRIES_PER_ACCOUNT, registryRecords } from './registry-logins.js';

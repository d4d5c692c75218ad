import type { PolicyEngineClient } from '@kedge/client';
import type { KedgeConfig, Secret, ServiceName } from '@kedge/config';
import type { Sql } from '@kedge/database';
import type { ObjectStore } from '@kedge/object-store';
import type { DynamicModule, Type } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { Logger } from 'pino';
import type { Registry } from 'prom-client';
import type { DataSource } from 'typeorm';
import type { JobQueue } from '../queue/job-queue.js';

/** Injection token of the {@link ServiceContext}: `@Inject(SERVICE_CONTEXT) context: ServiceContext`. */
export const SERVICE_CONTEXT = Symbol('SERVICE_CONTEXT');

/** What a running service has in hand. Made by `startService`, which also closes it; modules only use it. */
export interface ServiceContext {
  name: ServiceName;
  config: KedgeConfig;
  dataSource: DataSource;
  sql: Sql;
  stores: { objectStore: ObjectStore; analysisArchive: ObjectStore };
  jobs: JobQueue;
  /** Everything registered here appears at `/metrics`. */
  metrics: Registry;
  /** The bearer token of calls between services. */
  serviceToken: Secret;
  logger: Logger;
  /**
   * A client of the policy engine: `policy_engine_endpoint` of the configuration, else the service that reported last.
   *
   * @throws ApiError 503 when none is known.
   */
  policyEngine(): Promise<PolicyEngineClient>;
}

/** One of Kedge's services. Its controllers live under `/v1`; the prefix is added by `startService`. */
export interface ServiceDefinition {
  name: ServiceName;
  createModule(context: ServiceContext): Type | DynamicModule;
  /** Changes the HTTP application before it is initialised, e.g. adds the OpenAPI document. */
  configure?(app: NestFastifyApplication, context: ServiceContext): Promise<void> | void;
  /** Added to the `detail` of `/status` and of the service's heartbeat, e.g. effective switches. */
  statusDetail?(context: ServiceContext): Record<string, unknown>;
}

export interface StartOptions {
  /** Instead of the configuration's `listen` address. */
  listen?: string;
  /** Instead of the configuration's `port`; 0 takes a free one. */
  port?: number;
  logger?: Logger;
  /** Seconds between heartbeat rows. Default 60. */
  heartbeatSeconds?: number;
}

export interface RunningService {
  name: ServiceName;
  /** Where it listens, without `/v1`. */
  url: string;
  context: ServiceContext;
  /** Stops taking requests and jobs, waits for running ones, marks the heartbeat row as down, closes. Idempotent. */
  close(): Promise<void>;
}

import { ConfigError, databaseSettings, Secret, type KedgeConfig, type ServiceSettings } from '@kedge/config';
import { createDataSource, DatabaseError, requireCurrentSchema, Sql } from '@kedge/database';
import { builtinDrivers } from '@kedge/drivers';
import { openObjectStores, storageSettingsFromCatalog, withPlugins } from '@kedge/object-store';
import type { Logger } from 'pino';
import { ServiceStatus } from '../health/service-status.js';
import { KEDGE_VERSION } from '../health/service-version.js';
import { Heartbeat } from '../heartbeat/heartbeat.js';
import { PolicyEngineAccess } from '../heartbeat/policy-engine-access.js';
import { hostId, serviceAddress } from '../heartbeat/service-address.js';
import { ServiceRegistry } from '../heartbeat/service-registry.js';
import { createLogger } from '../logging/create-logger.js';
import { warnSometimes } from '../logging/warn-sometimes.js';
import { metricsSettings } from '../metrics/metrics-settings.js';
import { meteredDrivers } from '../metrics/meter-driver.js';
import { createMetrics, meterQueues } from '../metrics/service-metrics.js';
import { PgBossJobQueue } from '../queue/pg-boss-job-queue.js';
import { CleanUp } from './clean-up.js';
import { closeHttpServer, createHttpServer } from './http-server.js';
import type { RunningService, ServiceContext, ServiceDefinition, StartOptions } from './service-definition.js';
import { ServiceModule } from './service.module.js';
import { tlsFiles } from './tls.js';

const DEFAULT_HEARTBEAT_SECONDS = 60;
const DEFAULT_IDLE_SECONDS = 180;

/**
 * Starts one service: database, object stores, job queue, HTTP, heartbeat. Nothing stays when a step fails.
 *
 * @throws ConfigError; DatabaseError `unreachable`, `refused`, or about the schema (run `anchore-manager db upgrade`);
 * StorageError; the error of `listen` when the address is taken.
 */
export async function startService(
  definition: ServiceDefinition,
  config: KedgeConfig,
  options: StartOptions = {},
): Promise<RunningService> {
  const settings = config.services[definition.name];
  if (!settings) {
    throw new ConfigError(config.file, [{ path: `services.${definition.name}`, message: 'is required' }]);
  }
  const logger = options.logger ?? createLogger({ name: definition.name, level: config.log_level });
  const cleanUp = new CleanUp();
  const undo = (): Promise<void> =>
    cleanUp.run((what, error) => logger.warn({ reason: (error as Error).message }, `stopping: ${what} failed`));
  try {
    warnOnce(config, logger);
    const context = await openContext(definition, config, logger, cleanUp);
    const url = await serve(definition, context, settings, options, cleanUp);
    let closing: Promise<void> | undefined;
    return { name: definition.name, url, context, close: () => (closing ??= undo()) };
  } catch (error) {
    await undo();
    throw error;
  }
}

/** Connects what the service stands on, in the order in which one part needs the other. */
async function openContext(
  definition: ServiceDefinition,
  config: KedgeConfig,
  logger: Logger,
  cleanUp: CleanUp,
): Promise<ServiceContext> {
  const { name } = definition;
  metricsSettings(config); // faults come to light now, not at the first scrape
  const database = databaseSettings(config);
  const storage = storageSettingsFromCatalog(config.rawCatalog, config.file);
  storage.warnings.forEach((warning) => logger.warn(warning));
  const drivers = withPlugins(builtinDrivers(), config.file, storage.objectStore, storage.analysisArchive);

  const dataSource = await createDataSource(database, {
    applicationName: `kedge-${name}`,
    onPoolError: warnSometimes(logger, 'an idle database connection broke'),
  });
  cleanUp.add('disconnecting the database', () => dataSource.destroy());
  await requireCurrentSchema(dataSource);
  const sql = new Sql(dataSource);
  const serviceToken = await readServiceToken(sql);

  const metrics = createMetrics(name, KEDGE_VERSION);
  const stores = await openObjectStores(storage, {
    sql,
    registry: meteredDrivers(drivers, metrics),
    onGarbage: ({ uri, cause }) =>
      logger.warn({ uri, reason: String((cause as Error).message) }, 'replaced content could not be deleted'),
    onWarning: (warning) => logger.warn(warning),
  });
  cleanUp.add('closing the object stores', stores.close);
  await stores.objectStore.requireReadable();

  const jobs = await PgBossJobQueue.open(database, {
    applicationName: `kedge-${name}-jobs`,
    onProblem: warnSometimes(logger, 'the job queue has a problem'),
  });
  cleanUp.add('closing the job queue', () => jobs.close());
  meterQueues(metrics, jobs);

  const access = new PolicyEngineAccess({
    endpoint: config.policy_engine_endpoint,
    token: serviceToken,
    registry: new ServiceRegistry(sql),
  });
  return {
    name,
    config,
    dataSource,
    sql,
    stores: { objectStore: stores.objectStore, analysisArchive: stores.analysisArchive },
    jobs,
    metrics,
    serviceToken,
    logger,
    policyEngine: () => access.client(),
  };
}

/** Starts HTTP and the heartbeat. Undone in this order: heartbeat, jobs, HTTP; what they use is closed after them. */
async function serve(
  definition: ServiceDefinition,
  context: ServiceContext,
  settings: ServiceSettings,
  options: StartOptions,
  cleanUp: CleanUp,
): Promise<string> {
  const { config, logger, jobs } = context;
  const status = await ServiceStatus.create(definition, context);
  const tls = tlsFiles(config, definition.name);
  const app = await createHttpServer(ServiceModule.around(definition, context, status), {
    logger,
    metrics: context.metrics,
    idleSeconds: Number(config['server_request_timeout_seconds'] ?? DEFAULT_IDLE_SECONDS),
    tls,
  });
  cleanUp.add('closing the HTTP server', () => closeHttpServer(app));
  cleanUp.add('stopping the jobs', () => jobs.stopWorking());
  await definition.configure?.(app, context);
  await app.init();
  const listen = options.listen ?? settings.listen;
  await app.listen(options.port ?? settings.port, listen);
  const { port } = app.getHttpServer().address() as { port: number };

  const baseUrl = serviceAddress(settings, listen, port, tls !== undefined);
  const identity = { hostid: hostId(config), servicename: definition.name, baseUrl };
  const heartbeat = new Heartbeat(new ServiceRegistry(context.sql), identity, status, logger);
  await heartbeat.start(options.heartbeatSeconds ?? DEFAULT_HEARTBEAT_SECONDS);
  cleanUp.add('stopping the heartbeat', () => heartbeat.stop());
  return `${tls ? 'https' : 'http'}://${reachable(listen)}:${port}`;
}

/** The address of the local machine under which a listener is reached. */
function reachable(listen: string): string {
  if (listen === '0.0.0.0' || listen === '::') return '127.0.0.1';
  return listen.includes(':') ? `[${listen}]` : listen;
}

async function readServiceToken(sql: Sql): Promise<Secret> {
  const [row] = await sql.query<{ value: string }>(`SELECT value FROM kedge_setting WHERE name = 'service_token'`);
  if (row) return new Secret(row.value);
  throw new DatabaseError('schema_old', 'the database holds no service token; run: anchore-manager db upgrade');
}

const warned = new WeakSet<KedgeConfig>();

/** Several services may run on one configuration in one process. */
function warnOnce(config: KedgeConfig, logger: Logger): void {
  if (warned.has(config)) return;
  warned.add(config);
  config.warnings.forEach((warning) => logger.warn(warning));
}

import type { KedgeConfig } from '@kedge/config';
import type { RunningService, ServiceDefinition, StartOptions } from './service-definition.js';

/**
 * Starts one service on its database, object stores, job queue and HTTP address; nothing stays when a step fails.
 *
 * @throws DatabaseUnavailableError, SchemaError (run `anchore-manager db upgrade`), StorageError, ConfigError.
 */
export async function startService(
  definition: ServiceDefinition,
  _config: KedgeConfig,
  _options: StartOptions = {},
): Promise<RunningService> {
  throw new Error(`not written yet: ${definition.name}`);
}

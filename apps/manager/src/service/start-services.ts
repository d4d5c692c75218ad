import type { KedgeConfig } from '@kedge/config';
import { startService, type RunningService, type ServiceDefinition, type StartOptions } from '@kedge/service';

/**
 * Starts services in this process, one after the other. When one fails those before it are stopped again.
 *
 * @throws the error of the service that failed.
 */
export async function startServices(
  definitions: readonly ServiceDefinition[],
  config: KedgeConfig,
  options: StartOptions = {},
): Promise<RunningService[]> {
  const running: RunningService[] = [];
  try {
    for (const definition of definitions) running.push(await startService(definition, config, options));
    return running;
  } catch (error) {
    await stopServices(running).catch(() => undefined); // the start's error is the one to report
    throw error;
  }
}

/** Stops them in reverse order; all of them, even when one fails. @throws the first failure. */
export async function stopServices(running: readonly RunningService[]): Promise<void> {
  const failures: unknown[] = [];
  for (const service of [...running].reverse()) {
    await service.close().catch((error: unknown) => failures.push(error));
  }
  if (failures.length > 0) throw failures[0];
}

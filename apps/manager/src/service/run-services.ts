import { databaseSettings, type KedgeConfig, type ServiceName } from '@kedge/config';
import { createDataSource, upgradeSchema } from '@kedge/database';
import { installJobQueue } from '@kedge/service/queue';
import { untilInterrupted } from '../command/interrupt.js';
import { SERVICES } from './service-definitions.js';
import { startServices, stopServices } from './start-services.js';

/**
 * Runs these services in this process until Ctrl-C or SIGTERM.
 *
 * @param onReady told of each once all of them listen
 * @throws the error of the service that could not start or stop.
 */
export async function runServices(
  names: readonly ServiceName[],
  config: KedgeConfig,
  { autoUpgrade, onReady }: { autoUpgrade: boolean; onReady: (name: string, url: string) => void },
): Promise<void> {
  const stop = untilInterrupted();
  try {
    if (autoUpgrade && names.includes('catalog')) await upgrade(config);
    const running = await startServices(
      SERVICES.filter(({ name }) => names.includes(name)),
      config,
    );
    for (const { name, url } of running) onReady(name, url);
    await fired(stop.signal);
    await stopServices(running);
  } finally {
    stop.dispose();
  }
}

async function upgrade(config: KedgeConfig): Promise<void> {
  const settings = databaseSettings(config);
  const dataSource = await createDataSource(settings, { applicationName: 'anchore-manager' });
  try {
    await upgradeSchema(dataSource);
    await installJobQueue(settings);
  } finally {
    await dataSource.destroy();
  }
}

function fired(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
}

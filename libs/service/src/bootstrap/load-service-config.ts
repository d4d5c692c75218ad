import {
  ConfigError,
  databaseFaults,
  loadConfig,
  type ConfigCheck,
  type ConfigProblem,
  type KedgeConfig,
  type ServiceName,
} from '@kedge/config';
import { builtinDrivers } from '@kedge/drivers';
import { storageFaults } from '@kedge/object-store';
import { metricsSettings } from '../metrics/metrics-settings.js';
import { tlsFiles } from './tls.js';

const NAMES: readonly ServiceName[] = ['catalog', 'policy_engine', 'analyzer'];

/**
 * Reads the configuration for services that are about to start in this process. What each part of a service would refuse
 * at its own time is asked for beforehand: database, storage drivers, metrics, TLS.
 *
 * @param services those that will start, which need their sections; `all`: those that have one
 * @throws ConfigError with every fault of the file
 */
export function loadServiceConfig(
  file: string,
  services: readonly ServiceName[] | 'all',
  env: NodeJS.ProcessEnv = process.env,
): KedgeConfig {
  return loadConfig(file, env, [
    storageCheck,
    databaseFaults,
    (document, name) => {
      // The two readers below take nothing for granted of the sections they look at.
      const unproven = { services: {}, ...document, file: name } as unknown as KedgeConfig;
      return [
        ...faultsOf(() => metricsSettings(unproven)),
        ...(services === 'all' ? NAMES.filter((service) => sectionOf(unproven, service)) : services).flatMap(
          (service) => sectionFaults(unproven, service),
        ),
      ];
    },
  ]);
}

/** The storage sections of a file, with the drivers that come with Kedge and the packages it names. */
export const storageCheck: ConfigCheck = (document, file) => {
  const { services } = document as { services?: { catalog?: unknown } | null };
  return storageFaults(services?.catalog, file, builtinDrivers());
};

function sectionFaults(config: KedgeConfig, service: ServiceName): ConfigProblem[] {
  if (!sectionOf(config, service)) return [{ path: `services.${service}`, message: 'is required' }];
  return faultsOf(() => tlsFiles(config, service));
}

function sectionOf(config: KedgeConfig, service: ServiceName): unknown {
  return (config.services as Record<string, unknown> | null)?.[service];
}

function faultsOf(read: () => unknown): ConfigProblem[] {
  try {
    read();
    return [];
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
}

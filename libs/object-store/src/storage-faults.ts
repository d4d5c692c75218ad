import { redact, type ConfigProblem } from '@kedge/config';
import { configIssues } from './config-issues.js';
import { configKeys, unknownKeys } from './config-keys.js';
import { StorageError, type DriverPlugin } from './driver.js';
import { withPlugins } from './plugin/with-plugins.js';
import type { DriverRegistry } from './registry.js';
import { SectionReader } from './section-reader.js';
import { readSections, type PlacedSection } from './settings.js';

/**
 * All that is wrong with the storage settings of `services.catalog`: the sections themselves, drivers and packages that
 * are not there, and what each driver's schema says of its configuration. Nothing is connected. A key that a driver
 * does not know is a problem that is `harmless`: files of the old system have such, but beside a fault it is most likely
 * its cause.
 *
 * @param known the drivers that come with Kedge
 * @param file where the section is from; driver packages are looked for beside it
 */
export function storageFaults(catalogSection: unknown, file: string, known: DriverRegistry): ConfigProblem[] {
  const reader = new SectionReader();
  const { objectStore, analysisArchive } = readSections(catalogSection, reader);
  const sections = analysisArchive ? [objectStore, analysisArchive] : [objectStore];
  return [...reader.problems, ...sections.flatMap((section) => driverFaults(section, file, known))];
}

function driverFaults(section: PlacedSection, file: string, known: DriverRegistry): ConfigProblem[] {
  const { driver, namePath, settings } = section;
  if (driver === undefined) return [];
  let plugin: DriverPlugin | undefined;
  try {
    plugin = withPlugins(known, file, settings).find(driver);
  } catch (error) {
    if (!(error instanceof StorageError)) throw error;
    return [{ path: namePath, message: error.message }];
  }
  return plugin ? configFaults(plugin, section) : [];
}

function configFaults(plugin: DriverPlugin, { configPath, settings }: PlacedSection): ConfigProblem[] {
  const { config } = settings.storage_driver;
  const keys = configKeys(plugin);
  const secrets = new Set(keys.filter(({ secret }) => secret).map(({ key }) => key));
  const problem = (path: PropertyKey[], message: string): ConfigProblem => {
    const value = path.reduce<unknown>(
      (node, key) => (node as Record<PropertyKey, unknown> | undefined)?.[key],
      config,
    );
    const place = [configPath, ...path.map(String)].join('.');
    if (path.length === 0 || value === undefined) return { path: place, message };
    return { path: place, message, value: secrets.has(String(path[0])) ? '***' : redact(place, value) };
  };
  const strange = unknownKeys(plugin, config).map((key) => ({
    ...problem([key], `is no key of driver ${plugin.name}, which knows ${keys.map((one) => one.key).join(', ')}`),
    value: '***', // it may be a secret whose key is misspelt
    harmless: true,
  }));
  try {
    plugin.configSchema.parse(config);
    return strange;
  } catch (error) {
    const faults = configIssues(error, config).map(({ path, message, code }) => {
      const found = problem(path, message);
      const missing = code === 'invalid_type' && found.value === undefined && !message.startsWith('is required');
      return missing ? { ...found, message: `is required: ${message}` } : found;
    });
    return [...faults, ...strange];
  }
}

import { loadConfig, type ConfigCheck, type KedgeConfig } from '@kedge/config';
import { MigrationError, type MigrationSide } from '@kedge/migration';
import {
  storageSettingsFromCatalog,
  withPlugins,
  type DriverRegistry,
  type SqlPort,
  type StorageDriver,
  type StorageSettings,
} from '@kedge/object-store';
import { storageCheck } from '@kedge/service/program';
import { resolve } from 'node:path';
import { stringify } from 'yaml';
import type { CommandContext } from '../command/context.js';

/** Storage settings of one section of a configuration file. */
export interface StorageSection {
  settings: StorageSettings;
  /** `object_store`, `archive` or `analysis_archive`. */
  section: string;
  configFile: string;
}

/**
 * The section that the commands use (storage spec 3.2): `analysis_archive` alone when asked for, else `object_store` or its
 * former name `archive`. Unlike the services the commands take no defaults for a section that is not there.
 *
 * @param role for the message: `source`, `destination` or empty
 * @throws MigrationError `no_section`; ConfigError with every fault of the file, also of the section that is not asked for
 */
export function storageSection(
  file: string,
  options: { analysisArchive: boolean; role: string },
  context: CommandContext,
): StorageSection {
  const warnings: string[] = [];
  const check: ConfigCheck = (document, name) => {
    const faults = storageCheck(document, name);
    warnings.push(...faults.filter(({ harmless }) => harmless).map(({ path, message }) => `${path} ${message}`));
    return faults;
  };
  const config = loadConfig(file, context.environment, [check]);
  const catalog = (config.rawCatalog ?? {}) as Record<string, unknown>;
  const names = options.analysisArchive ? ['analysis_archive'] : ['object_store', 'archive'];
  const section = names.find((name) => isSection(catalog[name]));
  if (section === undefined) {
    const keys = options.analysisArchive ? 'analysis_archive' : '"object_store" or "archive"';
    const role = options.role ? `${options.role} ` : '';
    throw new MigrationError(
      'no_section',
      `No valid ${role}configuration found. Needed a configuration section with key ${keys} in the catalog service key of ${file}`,
    );
  }
  const read = storageSettingsFromCatalog(config.rawCatalog, file);
  for (const warning of [...importantWarnings(config), ...read.warnings, ...warnings]) {
    context.console.log('WARN', 'objectstorage', 'load_config', warning);
  }
  const settings = options.analysisArchive ? read.analysisArchive : read.objectStore;
  return { settings: settings ?? read.objectStore, section, configFile: resolve(file) };
}

/**
 * The driver of a section, not initialised. The section may name a package that lies beside its file.
 *
 * @throws StorageError invalid_config
 */
export function sectionDriver(
  { configFile, settings }: StorageSection,
  { registry, sql }: { registry: DriverRegistry; sql: SqlPort },
): StorageDriver {
  return withPlugins(registry, configFile, settings).createDriver(settings.storage_driver, { sql });
}

/** The section as a side of a migration, its driver made and checked. The caller closes the driver. */
export async function openSide(
  section: StorageSection,
  dependencies: { registry: DriverRegistry; sql: SqlPort },
): Promise<MigrationSide> {
  const { storage_driver: wanted, compression } = section.settings;
  const driver = sectionDriver(section, dependencies);
  try {
    await driver.init();
  } catch (error) {
    await driver.close();
    throw error;
  }
  return { driver, name: wanted.name, compression, section: section.section, configFile: section.configFile };
}

/** The section as it is printed: secrets masked. */
export function shownSection(section: StorageSection): Record<string, unknown> {
  // JSON drops nothing but what masks itself.
  return JSON.parse(JSON.stringify(section.settings)) as Record<string, unknown>;
}

/** The section as block-style YAML with sorted keys, secrets masked. */
export function sectionYaml(section: StorageSection): string {
  return stringify(shownSection(section), { sortMapEntries: true }).trimEnd();
}

function isSection(value: unknown): boolean {
  return value !== null && typeof value === 'object' && Object.keys(value).length > 0;
}

/** The storage commands read nothing but the storage sections; what else the file says or lacks is not their business. */
function importantWarnings(config: KedgeConfig): string[] {
  return config.warnings.filter((warning) => warning.includes('webhooks'));
}

import { configIssues } from './config-issues.js';
import { unknownKeys } from './config-keys.js';
import { StorageError, type DriverContext, type DriverPlugin, type StorageDriver } from './driver.js';

/** Other names that configuration files use for a driver. */
const ALIASES: Readonly<Record<string, string>> = { filesystem: 'localfs', localfs: 'filesystem', db2: 'db' };

/** The drivers a process knows, by the name that `storage_driver.name` gives. Filled explicitly; see `@kedge/drivers`. */
export class DriverRegistry {
  private readonly plugins = new Map<string, DriverPlugin>();

  /** @throws StorageError invalid_config for a second driver of that name, its alias, or another contract version. */
  register(plugin: DriverPlugin): this {
    const version: number = plugin.apiVersion;
    if (version !== 1) {
      throw new StorageError(
        'invalid_config',
        `storage driver "${plugin.name}" is made for contract version ${version}; this version of Kedge speaks 1`,
      );
    }
    if (this.find(plugin.name)) {
      throw new StorageError('invalid_config', `storage driver "${plugin.name}" is registered twice`);
    }
    this.plugins.set(plugin.name, plugin);
    return this;
  }

  /** True when there is a driver of that name or alias. */
  has(name: string): boolean {
    return this.find(name) !== undefined;
  }

  /** Names in the order of registration. */
  names(): string[] {
    return [...this.plugins.keys()];
  }

  /** All drivers in the order of registration. */
  list(): DriverPlugin[] {
    return [...this.plugins.values()];
  }

  /**
   * Makes a driver of its section of the configuration. It is not initialised yet. Keys that the driver does not know
   * go to `context.warn`: they are most likely misspelt, but files of the old system must go on working.
   *
   * @throws StorageError invalid_config for an unknown name or a configuration the driver refuses; all its faults at once.
   */
  createDriver(section: { name: string; config: unknown }, context: DriverContext): StorageDriver {
    const plugin = this.find(section.name);
    if (!plugin) {
      const known = this.names().join(', ') || 'none';
      throw new StorageError('invalid_config', `unknown storage driver "${section.name}"; known drivers: ${known}`);
    }
    let config: unknown;
    try {
      config = plugin.configSchema.parse(section.config);
    } catch (cause) {
      const issues = configIssues(cause, section.config);
      const text = issues.map(({ path, message }) => `${path.map(String).join('.')} ${message}`.trim()).join('; ');
      const message = `invalid storage_driver.config for driver "${section.name}": ${text}`;
      throw new StorageError('invalid_config', message, { driver: plugin.name, cause });
    }
    const unknown = unknownKeys(plugin, section.config);
    if (unknown.length > 0) {
      context.warn?.(
        `storage driver "${section.name}" does not know ${unknown.join(', ')} in its config and ignores it`,
      );
    }
    return plugin.create(config, context);
  }

  /** The driver of that name or alias. */
  find(name: string): DriverPlugin | undefined {
    return this.plugins.get(name) ?? this.plugins.get(ALIASES[name] ?? '');
  }
}

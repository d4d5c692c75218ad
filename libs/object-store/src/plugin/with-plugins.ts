import { StorageError } from '../driver.js';
import { DriverRegistry } from '../registry.js';
import type { StorageSettings } from '../settings.js';
import { loadPlugin } from './load-plugin.js';

/**
 * The drivers that one configuration file has: those that are known, and the packages that its storage sections name
 * (see {@link loadPlugin}). Names that are known load nothing. Packages may be paths, so each file has a registry of its own.
 *
 * @param known left as it is
 * @throws StorageError invalid_config for a package that is missing, no driver, or named like a driver that is there.
 */
export function withPlugins(
  known: DriverRegistry,
  configFile: string,
  ...sections: (Pick<StorageSettings, 'storage_driver'> | undefined)[]
): DriverRegistry {
  const all = new DriverRegistry();
  for (const plugin of known.list()) all.register(plugin);
  for (const section of sections) {
    const name = section?.storage_driver.name;
    if (name === undefined || all.has(name)) continue;
    const plugin = loadPlugin(name, configFile, known.names());
    const twin = all.list().find(({ name: other, scheme }) => other === plugin.ownName || scheme === plugin.scheme);
    if (twin) {
      throw new StorageError(
        'invalid_config',
        `storage driver package "${name}" has the name "${plugin.ownName}" and the scheme ${plugin.scheme}://, but ` +
          `driver "${twin.name}" (${twin.scheme}://) is there already; use that one, or a package with names of its own`,
        { driver: name },
      );
    }
    all.register(plugin);
  }
  return all;
}

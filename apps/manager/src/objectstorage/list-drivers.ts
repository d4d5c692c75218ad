import { loadConfig } from '@kedge/config';
import {
  configKeys,
  storageSettingsFromCatalog,
  withPlugins,
  type ConfigKey,
  type DriverPlugin,
  type DriverRegistry,
  type LoadedPlugin,
} from '@kedge/object-store';
import type { Command } from 'commander';
import { existsSync } from 'node:fs';
import type { Console } from '../command/console.js';
import type { CommandContext } from '../command/context.js';

/**
 * `list-drivers`: every driver with its configuration keys, as its own schema describes them; besides those of Kedge the
 * packages that the configuration names.
 */
export function addListDriversCommand(group: Command, context: CommandContext, registry: DriverRegistry): void {
  const { console } = context;
  group
    .command('list-drivers')
    .description('list the storage drivers, what they are for and the keys of their configuration')
    .addHelpText('after', '\nDriver packages that the configuration names are listed too.')
    .action(() => {
      const drivers = availableDrivers(registry, context).map((plugin) => ({
        name: plugin.name,
        scheme: plugin.scheme,
        description: plugin.description,
        source: isLoaded(plugin) ? plugin.file : 'built-in',
        config: configKeys(plugin),
      }));
      const text = [`Supported object storage drivers: [${drivers.map(({ name }) => `'${name}'`).join(', ')}]`];
      for (const { name, scheme, description, source, config: keys } of drivers) {
        text.push('', console.wrapped(`${name} (${scheme}://) - ${description}`));
        if (source !== 'built-in') text.push(`  package at ${source}`);
        if (keys.length > 0) text.push(keyTable(console, keys));
      }
      console.result(drivers, text.join('\n'));
    });
}

/** A file that nobody asked for must not keep the list back: its faults are warnings. */
function availableDrivers(registry: DriverRegistry, context: CommandContext): DriverPlugin[] {
  const { path, given } = context.configFile();
  if (given) return driversOf(registry, path, context).list();
  if (!existsSync(path)) return registry.list();
  try {
    return driversOf(registry, path, context).list();
  } catch (error) {
    const message = `only the drivers of Kedge are listed: ${(error as Error).message}`;
    context.console.log('WARN', 'objectstorage', 'list_drivers', message);
    return registry.list();
  }
}

function driversOf(registry: DriverRegistry, file: string, { environment }: CommandContext): DriverRegistry {
  const { objectStore, analysisArchive } = storageSettingsFromCatalog(loadConfig(file, environment).rawCatalog, file);
  return withPlugins(registry, file, objectStore, analysisArchive);
}

function isLoaded(plugin: DriverPlugin): plugin is LoadedPlugin {
  return 'file' in plugin;
}

function keyTable(console: Console, keys: ConfigKey[]): string {
  const narrow = (): string => console.table(['key', 'meaning'], keys.map(shortRow), { indent: 2 });
  return console.table(['key', 'type', 'default', 'meaning'], keys.map(row), { indent: 2, narrow });
}

function row({ key, type, required, secret, description, default: value, values }: ConfigKey): string[] {
  const kind = values ? values.join('|') : type;
  const standard = required ? 'required' : value === undefined ? '' : JSON.stringify(value);
  return [key, kind, standard, `${description}${secret ? ' (secret)' : ''}`];
}

/** For a terminal without room for four columns. */
function shortRow(key: ConfigKey): string[] {
  const [name = '', kind = '', standard = '', meaning = ''] = row(key);
  const notes = [kind.replaceAll('|', ' | '), standard && !key.required ? `default ${standard}` : standard];
  return [name, `${meaning} [${notes.filter(Boolean).join(', ')}]`];
}

import { configKeys, type ConfigKey, type DriverRegistry } from '@kedge/object-store';
import type { Command } from 'commander';
import type { CommandContext } from '../command/context.js';

/** `list-drivers`: every driver with its configuration keys, as its own schema describes them. */
export function addListDriversCommand(group: Command, context: CommandContext, registry: DriverRegistry): void {
  const { console } = context;
  group
    .command('list-drivers')
    .description('list the storage drivers, what they are for and the keys of their configuration')
    .action(() => {
      const drivers = registry.list().map((plugin) => ({
        name: plugin.name,
        scheme: plugin.scheme,
        description: plugin.description,
        config: configKeys(plugin),
      }));
      const text = [`Supported object storage drivers: [${drivers.map(({ name }) => `'${name}'`).join(', ')}]`];
      for (const { name, scheme, description, config } of drivers) {
        text.push('', `${name} (${scheme}://) - ${description}`);
        if (config.length > 0)
          text.push(indented(console.table(['key', 'type', 'default', 'meaning'], config.map(row))));
      }
      console.result(drivers, text.join('\n'));
    });
}

function row({ key, type, required, secret, description, default: value, values }: ConfigKey): string[] {
  const kind = values ? values.join('|') : type;
  const standard = required ? 'required' : value === undefined ? '' : JSON.stringify(value);
  return [key, kind, standard, `${description}${secret ? ' (secret)' : ''}`];
}

function indented(text: string): string {
  return text
    .split('\n')
    .map((line) => `  ${line}`)
    .join('\n');
}

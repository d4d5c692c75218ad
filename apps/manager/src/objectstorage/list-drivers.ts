import type { DriverRegistry } from '@kedge/object-store';
import type { Command } from 'commander';
import type { CommandContext } from '../command/context.js';

export function addListDriversCommand(group: Command, context: CommandContext, registry: DriverRegistry): void {
  const { console } = context;
  group
    .command('list-drivers')
    .description('list the storage drivers and what they are for')
    .action(() => {
      const drivers = registry.list().map(({ name, scheme, description }) => ({ name, scheme, description }));
      const names = drivers.map(({ name }) => `'${name}'`).join(', ');
      const rows = drivers.map(({ name, scheme, description }) => [name, `${scheme}://`, description]);
      console.result(
        drivers,
        `Supported object storage drivers: [${names}]\n\n${console.table(['name', 'locations', 'what it is'], rows)}`,
      );
    });
}

import { schemaStatus, upgradeSchema } from '@kedge/database';
import { installJobQueue } from '@kedge/service/queue';
import type { Command } from 'commander';
import { ask, STOPPED_PROMPT } from '../command/ask.js';
import type { CommandContext } from '../command/context.js';
import { addDatabaseOptions, withDatabase, type DatabaseOptions } from '../command/database-options.js';
import { ExitCode, EXIT } from '../command/exit-code.js';

/** `anchore-manager db ...`: the schema. */
export function addDbCommands(program: Command, context: CommandContext): void {
  const { console } = context;
  const group = addDatabaseOptions(program.command('db').description('schema of the database'));

  group
    .command('upgrade')
    .description('make the schema, or bring it to this version; the services have to be stopped')
    .option('--dontask', 'do not ask whether the services are stopped')
    .option('--skip-db-compat-check', 'accepted for old scripts, without effect')
    .action(async (_options, command: Command) => {
      const options = command.optsWithGlobals<DatabaseOptions & { dontask?: boolean }>();
      if (!options.dontask && !(await ask(STOPPED_PROMPT))) return console.write('Skipping upgrade');
      await withDatabase(
        options,
        context,
        async ({ settings, dataSource }) => {
          const applied = await upgradeSchema(dataSource);
          await installJobQueue(settings);
          const text =
            applied.length === 0
              ? 'The schema is up to date.'
              : `Upgraded the schema:\n${applied.map((name) => `  ${name}`).join('\n')}`;
          console.result({ applied }, text);
        },
        'any',
      );
    });

  group
    .command('version')
    .description('print which schema changes the database has')
    .action(async (_options, command: Command) => {
      await withDatabase(
        command.optsWithGlobals(),
        context,
        async ({ dataSource }) => {
          const status = await schemaStatus(dataSource);
          const rows = [
            ...status.applied.map((name) => [name, status.unknown.includes(name) ? 'of a newer Kedge' : 'applied']),
            ...status.pending.map((name) => [name, 'pending']),
          ];
          console.result(status, console.table(['change', 'state'], rows));
        },
        'any',
      );
    });

  group
    .command('check')
    .description('exit with 0 when the schema is the one that this version needs, else with 1')
    .action(async (_options, command: Command) => {
      await withDatabase(
        command.optsWithGlobals(),
        context,
        async ({ dataSource }) => {
          const { pending, unknown } = await schemaStatus(dataSource);
          const current = pending.length === 0 && unknown.length === 0;
          const advice = unknown.length > 0 ? 'upgrade Kedge' : 'run: anchore-manager db upgrade';
          const text = current
            ? 'The schema is current.'
            : `The schema is not current: ${pending.length} change(s) pending, ${unknown.length} of a newer Kedge; ${advice}`;
          console.result({ current, pending, unknown }, text);
          if (!current) throw new ExitCode(EXIT.incomplete);
        },
        'any',
      );
    });
}

import { schemaStatus, upgradeSchema } from '@kedge/database';
import { installJobQueue } from '@kedge/service/queue';
import type { Command } from 'commander';
import { ask, STOPPED_PROMPT } from '../command/ask.js';
import type { CommandContext } from '../command/context.js';
import { addDatabaseOptions, withDatabase, type DatabaseOptions } from '../command/database-options.js';
import { ExitCode, EXIT } from '../command/exit-code.js';
import { addHelpNotes } from '../command/help-notes.js';
import { addOldOptions } from '../command/old-options.js';

/** `anchore-manager db ...`: the schema. */
export function addDbCommands(program: Command, context: CommandContext): void {
  const { console } = context;
  const group = addDatabaseOptions(program.command('db').description('schema of the database'));

  const upgrade = group
    .command('upgrade')
    .description('make the schema, or bring it to this version; the services have to be stopped')
    .option('--dontask', 'do not ask whether the services are stopped');
  addOldOptions(upgrade, '--skip-db-compat-check');
  addHelpNotes(upgrade, {
    examples: ['db --db-connect postgresql://kedge:secret@db/kedge upgrade', 'db upgrade'],
  }).action(async (_options, command: Command) => {
    const options = command.optsWithGlobals<DatabaseOptions & { dontask?: boolean }>();
    if (!options.dontask && !(await ask(console, STOPPED_PROMPT))) {
      return console.result({ skipped: true }, 'Skipping upgrade');
    }
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

  addHelpNotes(
    group.command('check').description('exit with 0 when the schema is the one that this version needs, else with 1'),
    {
      examples: ['db check || anchore-manager --config config.yaml db upgrade'],
      exitCodes: { 0: 'the schema is current', 1: 'it is not', 2: 'wrong usage, or no database' },
    },
  ).action(async (_options, command: Command) => {
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

import { failureGroups, failures, findMigration, listMigrations } from '@kedge/migration';
import type { Command } from 'commander';
import { parseCount } from '../command/byte-size.js';
import type { CommandContext } from '../command/context.js';
import { withDatabase, type DatabaseOptions } from '../command/database-options.js';
import { EXIT, ExitCode } from '../command/exit-code.js';

const LIST_HEADER = [
  'id',
  'state',
  'start time',
  'end time',
  'from',
  'to',
  'migrated count',
  'total to migrate',
  'last updated',
];

/** `list-migrations` and `show-migration`. */
export function addMigrationRecordCommands(group: Command, context: CommandContext): void {
  const { console } = context;
  group
    .command('list-migrations')
    .description(
      'list all migrations ever run; one that was cut off is `interrupted` and goes on with the same command',
    )
    .action(async (_options, command: Command) => {
      await withDatabase(command.optsWithGlobals(), context, async ({ sql }) => {
        const records = await listMigrations(sql);
        const rows = records.map((record) => [
          record.id,
          record.state,
          record.started_at,
          record.ended_at,
          record.migrate_from_driver,
          record.migrate_to_driver,
          record.archive_documents_migrated,
          record.archive_documents_to_migrate,
          record.last_updated,
        ]);
        console.result(records, console.table(LIST_HEADER, rows));
      });
    });

  group
    .command('show-migration')
    .argument('<id>', 'number of the migration', parseCount(1, 2 ** 31 - 1))
    .description('show one migration: what it was to do, how far it came, why objects failed')
    .option('--failures', 'list every object that failed')
    .action(async (id: number, _options, command: Command) => {
      const options = command.optsWithGlobals<DatabaseOptions & { failures?: boolean }>();
      await withDatabase(options, context, async ({ sql }) => {
        const found = await findMigration(sql, id);
        if (!found) throw new ExitCode(EXIT.incomplete, `there is no migration ${id}; see list-migrations`);
        const groups = await failureGroups(sql, id);
        const facts = { ...found.record, ...found.detail };
        if (!options.failures) {
          const lines = Object.entries(facts).map(([name, value]) => [
            name,
            Array.isArray(value) ? value.join(', ') : value,
          ]);
          const reasons = groups.map(({ code, objects, example, message }) => [objects, code, example, message]);
          const text = [console.table(['fact', 'value'], lines)];
          if (reasons.length > 0) text.push('', console.table(['objects', 'reason', 'example', 'message'], reasons));
          return console.result({ ...facts, failures: groups }, text.join('\n'));
        }
        // One line an object, as it comes from the database: there may be very many.
        if (!console.json) console.write('account\tbucket\tkey\tlocation\treason\tmessage');
        for await (const failure of failures(sql, id)) {
          console.write(console.json ? JSON.stringify(failure) : Object.values(failure).join('\t'));
        }
      });
    });
}

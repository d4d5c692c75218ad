import { failureGroups, failures, findMigration, listMigrations, type ListedMigration } from '@kedge/migration';
import type { Command } from 'commander';
import { parseCount } from '../command/byte-size.js';
import type { Cell } from '../command/console.js';
import type { CommandContext } from '../command/context.js';
import { withDatabase, type DatabaseOptions } from '../command/database-options.js';
import { formatDuration } from '../command/duration.js';
import { EXIT, ExitCode } from '../command/exit-code.js';
import { addHelpNotes } from '../command/help-notes.js';
import { failureLines } from './failure-lines.js';

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

/** For a terminal without room for the columns of the old tool. */
const SHORT_HEADER = ['id', 'state', 'started', 'took', 'from', 'to', 'moved'];

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
        const text = console.table(LIST_HEADER, rows, {
          narrow: () => console.table(SHORT_HEADER, records.map(shortRow)),
        });
        console.result(records, text);
      });
    });

  addHelpNotes(
    group
      .command('show-migration')
      .argument('<id>', 'number of the migration', parseCount(1, 2 ** 31 - 1))
      .description('show one migration: what it was to do, how far it came, why objects failed')
      .option('--failures', 'list every object that failed, a line each with tabs between'),
    {
      examples: ['objectstorage show-migration 3', 'objectstorage show-migration 3 --failures | cut -f 2,3'],
      exitCodes: { 1: 'there is no such migration' },
    },
  ).action(async (id: number, _options, command: Command) => {
    const options = command.optsWithGlobals<DatabaseOptions & { failures?: boolean }>();
    await withDatabase(options, context, async ({ sql }) => {
      const found = await findMigration(sql, id);
      if (!found) throw new ExitCode(EXIT.incomplete, `there is no migration ${id}; see list-migrations`);
      const groups = await failureGroups(sql, id);
      const facts = { ...found.record, ...found.detail };
      if (!options.failures) {
        const lines = Object.entries(facts).map(
          ([name, value]) => [name, Array.isArray(value) ? value.join(', ') : value] as const,
        );
        const text = [console.facts(lines)];
        if (groups.length > 0) text.push('', 'failures', ...failureLines(groups).map((line) => `  ${line}`));
        return console.result({ ...facts, failures: groups }, text.join('\n'));
      }
      // One line an object, as it comes from the database: there may be very many.
      if (!console.json) console.write('account\tbucket\tkey\tlocation\treason\tmessage');
      await console.results(failures(sql, id), (failure) => Object.values(failure).join('\t'));
    });
  });
}

function shortRow(record: ListedMigration): Cell[] {
  const { started_at: start, ended_at: end, active_seconds: active } = record;
  const whole = start !== null && end !== null ? (Date.parse(`${end}Z`) - Date.parse(`${start}Z`)) / 1000 : null;
  const took = active ?? whole;
  return [
    record.id,
    record.state,
    start?.replace('T', ' ').replace(/\.\d+$/, ''),
    took === null ? '-' : formatDuration(took),
    record.migrate_from_driver,
    record.migrate_to_driver,
    `${record.archive_documents_migrated ?? 0} of ${record.archive_documents_to_migrate ?? 0}`,
  ];
}

import { findMigration } from '@kedge/migration';
import type { DriverRegistry } from '@kedge/object-store';
import { UsageError } from '@kedge/service/program';
import type { Command } from 'commander';
import { parseCount } from '../command/byte-size.js';
import type { CommandContext } from '../command/context.js';
import { withDatabase } from '../command/database-options.js';
import { EXIT, ExitCode } from '../command/exit-code.js';
import { addHelpNotes } from '../command/help-notes.js';
import { addMoveOptions, moveData, MOVE_EXIT_CODES, type MoveOptions } from './migrate.js';
import { storageSection } from './storage-section.js';

/** `rollback`: moves back what one run moved, and only that. */
export function addRollbackCommand(group: Command, context: CommandContext, registry: DriverRegistry): void {
  const rollback = addMoveOptions(
    group
      .command('rollback')
      .argument('<id>', 'number of the migration', parseCount(1, 2 ** 31 - 1))
      .description('move back what a migration moved, by the two configuration files it was run with')
      .option('--from-config <file>', 'the file that was first then, if it is elsewhere now')
      .option('--to-config <file>', 'the file that was second then, if it is elsewhere now'),
  );
  addHelpNotes(rollback, {
    examples: ['objectstorage rollback 3', 'objectstorage rollback --from-config /old/config.yaml 3'],
    exitCodes: MOVE_EXIT_CODES,
  }).action(async (id: number, _options, command: Command) => {
    const options = command.optsWithGlobals<MoveOptions & { fromConfig?: string; toConfig?: string }>();
    const detail = await withDatabase(options, context, async ({ sql }) => {
      const found = await findMigration(sql, id);
      if (found?.detail) return found.detail;
      const why = found ? 'was made by the old tool, which kept no journal' : 'does not exist; see list-migrations';
      throw new ExitCode(EXIT.incomplete, `migration ${id} ${why}`);
    });
    const file = (given: string | undefined, recorded: string | null, option: string): string => {
      const path = given ?? recorded;
      if (path === null) throw new UsageError(`migration ${id} has no record of its files; give ${option}`);
      return path;
    };
    const section = (path: string, name: string, role: string) =>
      storageSection(path, { analysisArchive: name === 'analysis_archive', role }, context);
    await moveData(context, registry, {
      source: section(file(options.toConfig, detail.to_config, '--to-config'), detail.to_section, 'source'),
      destination: section(
        file(options.fromConfig, detail.from_config, '--from-config'),
        detail.from_section,
        'destination',
      ),
      rollbackOf: id,
      options,
    });
  });
}

import { fsck, ObjectStore, type DriverRegistry, type FsckReport } from '@kedge/object-store';
import { InvalidArgumentError, type Command } from 'commander';
import { parseCount } from '../command/byte-size.js';
import type { CommandContext } from '../command/context.js';
import { withDatabase, type DatabaseOptions } from '../command/database-options.js';
import { EXIT, ExitCode } from '../command/exit-code.js';
import { addHelpNotes } from '../command/help-notes.js';
import { untilInterrupted } from '../command/interrupt.js';
import { openSide, storageSection } from './storage-section.js';

interface FsckCommandOptions extends DatabaseOptions {
  analysisArchive?: boolean;
  repair?: boolean;
  bucket?: string[];
  sample: number;
  graceHours: number;
}

/** `fsck`: compares rows and content in both directions. */
export function addFsckCommand(group: Command, context: CommandContext, registry: DriverRegistry): void {
  const { console } = context;
  const command = group
    .command('fsck [configfile]')
    .description(
      'find objects without content, damaged content, and content without object (default: the file of --config)',
    )
    .option('--analysis-archive', 'examine services.catalog.analysis_archive instead of object_store')
    .option('--repair', 'delete content that no object points to; nothing else is changed')
    .option(
      '--bucket <name>',
      'only objects of this logical bucket; may be repeated',
      (name: string, all: string[] = []) => [...all, name],
    )
    .option('--sample <percent>', 'read and prove only so many of the contents, e.g. 5%', parsePercent, 100)
    .option('--grace-hours <n>', 'leave younger content without object alone', parseCount(1, 10_000), 24);
  addHelpNotes(command, {
    examples: ['objectstorage fsck', 'objectstorage fsck --sample 5% --repair'],
    exitCodes: {
      0: 'no fault is left',
      1: 'there are faults',
      2: 'wrong usage, configuration or database',
      5: 'the storage failed',
      130: 'interrupted',
    },
  }).action(async (file: string | undefined, _options, command: Command) => {
    const options = command.optsWithGlobals<FsckCommandOptions>();
    const path = file ?? context.configFile().path;
    const section = storageSection(path, { analysisArchive: options.analysisArchive ?? false, role: '' }, context);
    const stop = untilInterrupted();
    await withDatabase(options, context, async ({ sql }) => {
      const side = await openSide(section, { registry, sql });
      try {
        const store = new ObjectStore({ driver: side.driver, sql, compression: side.compression });
        const report = await fsck({
          store,
          ...(options.bucket ? { buckets: options.bucket } : {}),
          samplePercent: options.sample,
          repair: options.repair ?? false,
          graceSeconds: options.graceHours * 3600,
          signal: stop.signal,
          onFinding: ({ problem, object, uri, message, repaired }) =>
            console.log(
              'WARN',
              'objectstorage',
              'fsck',
              `${problem}${repaired ? ' (deleted)' : ''}: ${object ? `${object} at ` : ''}${uri}: ${message}`,
            ),
        });
        console.result(report, reportText(report, side.driver.place));
        const left = Object.values(report.problems).reduce((sum, count) => sum + count, 0) - report.repaired;
        if (left > 0) throw new ExitCode(EXIT.incomplete);
      } finally {
        await side.driver.close();
      }
    }).finally(stop.dispose);
  });
}

function reportText(report: FsckReport, place: string): string {
  const { problems } = report;
  return [
    `${place}`,
    `  objects      ${report.objects}, of which ${report.proven} were read and proven; ${report.elsewhere} more are in other places`,
    `  missing      ${problems.missing}`,
    `  wrong size   ${problems.wrong_size}`,
    `  damaged      ${problems.damaged}`,
    `  unreadable   ${problems.unreadable}`,
    `  garbage      ${problems.garbage} of ${report.locations} locations, ${report.repaired} deleted; ${report.young} too young to tell`,
  ].join('\n');
}

function parsePercent(text: string): number {
  const percent = Number(/^(\d+(?:\.\d+)?)%?$/.exec(text.trim())?.[1]);
  if (!(percent > 0 && percent <= 100)) throw new InvalidArgumentError('give a percentage above 0 and up to 100.');
  return percent;
}

import { migrate, type MigrationReport, type MigrationSide } from '@kedge/migration';
import type { DriverRegistry } from '@kedge/object-store';
import { Option, type Command } from 'commander';
import { ask, STOPPED_PROMPT } from '../command/ask.js';
import { formatBytes, parseBytes, parseCount } from '../command/byte-size.js';
import type { CommandContext } from '../command/context.js';
import { withDatabase, type ConnectedDatabase, type DatabaseOptions } from '../command/database-options.js';
import { EXIT, ExitCode } from '../command/exit-code.js';
import { addHelpNotes } from '../command/help-notes.js';
import { untilInterrupted } from '../command/interrupt.js';
import { dryRun } from './dry-run/dry-run.js';
import { failureLines } from './failure-lines.js';
import { MigrationProgressBar } from './progress.js';
import { openSide, sectionYaml, shownSection, storageSection, type StorageSection } from './storage-section.js';

/** Options of every command that moves data. */
export interface MoveOptions extends DatabaseOptions {
  nodelete?: boolean;
  dontask?: boolean;
  force?: boolean;
  dryRun?: boolean;
  retryFailed?: boolean;
  workers: number;
  maxBytesInFlight: number;
  bwlimit?: number;
}

interface MigrateCommandOptions extends MoveOptions {
  fromAnalysisArchive?: boolean;
  toAnalysisArchive?: boolean;
  bucket?: string[];
}

const ANALYSIS_ARCHIVE = 'analysis_archive';
const MiB = 1024 * 1024;

/** Of the commands that move data. */
export const MOVE_EXIT_CODES = {
  0: 'everything is proven at the destination, or the answer was no',
  1: 'objects failed, or the database was lost; the report says which and why',
  2: 'not begun: wrong usage, configuration or database; services or a move run',
  5: 'a storage does not let in, or refuses what is needed',
  130: 'interrupted',
};

export function addMigrateCommand(group: Command, context: CommandContext, registry: DriverRegistry): void {
  const command = addMoveOptions(
    group
      .command('migrate <from-config> <to-config>')
      .description('move the objects from the storage of one configuration file to that of another')
      .option('--from-analysis-archive', 'the source is services.catalog.analysis_archive of the first file')
      .option('--to-analysis-archive', 'the destination is services.catalog.analysis_archive of the second file')
      .option('--bucket <name>', 'only this logical bucket; may be repeated', (name: string, names: string[] = []) => [
        ...names,
        name,
      ])
      .option(
        '--dry-run',
        'say what would be moved, whether the destination lets it and has room, and how long it takes; moves nothing',
      ),
  );
  addHelpNotes(command, {
    more: [
      'Each object is copied, the copy is proven, and only then its row is switched and',
      'the source deleted. After any kind of end the same command goes on.',
    ],
    examples: [
      'objectstorage migrate --dry-run config.yaml new.yaml',
      'objectstorage migrate config.yaml new.yaml',
      'objectstorage migrate --to-analysis-archive old.yaml new.yaml',
    ],
    exitCodes: MOVE_EXIT_CODES,
  }).action(async (from: string, to: string, _options, command: Command) => {
    const options = command.optsWithGlobals<MigrateCommandOptions>();
    const source = storageSection(
      from,
      { analysisArchive: options.fromAnalysisArchive ?? false, role: 'source' },
      context,
    );
    const destination = storageSection(
      to,
      { analysisArchive: options.toAnalysisArchive ?? false, role: 'destination' },
      context,
    );
    // Moving the working set into the archive's backend would make it unreadable for the services.
    const buckets = options.bucket ?? (options.toAnalysisArchive ? [ANALYSIS_ARCHIVE] : undefined);
    await moveData(context, registry, { source, destination, options, ...(buckets ? { buckets } : {}) });
  });
}

/** Adds the options that every command that moves data takes. */
export function addMoveOptions(command: Command): Command {
  return command
    .option('--nodelete', 'leave the source as it is; deleting it later is up to you')
    .option('--dontask', 'do not ask whether the services are stopped')
    .option('--force', 'run although services were heard of a moment ago')
    .option('--retry-failed', 'take up the last such run that failed, and try its failures again')
    .addOption(new Option('--workers <n>', 'copies at a time').argParser(parseCount(1, 256)).default(8))
    .addOption(
      new Option('--max-bytes-in-flight <size>', 'content on its way at a time, e.g. 64M')
        .argParser(parseBytes)
        .default(64 * MiB, '64M'),
    )
    .option('--bwlimit <rate>', 'bytes a second of all copies together, e.g. 20M', parseBytes);
}

export interface Move {
  source: StorageSection;
  destination: StorageSection;
  buckets?: string[];
  rollbackOf?: number;
  options: MoveOptions;
}

/** Asks, migrates, reports, and ends with the exit code that the report deserves. */
export async function moveData(context: CommandContext, registry: DriverRegistry, move: Move): Promise<void> {
  const { console } = context;
  const { source, destination, options } = move;
  const log = (message: string): void => console.log('INFO', 'objectstorage', 'migrate', message);
  await withDatabase(options, context, async (database) => {
    log('Loading configs');
    log(`Migration from config: ${JSON.stringify(shownSection(source), null, 4)}`);
    log(`Migration to config: ${JSON.stringify(shownSection(destination), null, 4)}`);
    if (options.dryRun) {
      const { workers, bwlimit: bytesPerSecond } = options;
      return withSides(move, { registry, sql: database.sql }, (from, to) =>
        dryRun(context, database, { source: from, destination: to, buckets: move.buckets, workers, bytesPerSecond }),
      );
    }
    if (!options.dontask && !(await ask(console, STOPPED_PROMPT))) {
      return console.result({ skipped: true }, 'Skipping conversion.');
    }
    const report = await runMigration(context, registry, move, database);
    printReport(context, report);
    if (!report.complete) throw new ExitCode(EXIT.incomplete);
    log(
      'After this migration, your anchore-engine config.yaml MUST have the following configuration options added before starting up again:',
    );
    if (!console.json) console.write(sectionYaml(destination));
  });
}

async function runMigration(
  context: CommandContext,
  registry: DriverRegistry,
  move: Move,
  { sql, settings }: ConnectedDatabase,
): Promise<MigrationReport> {
  const { console } = context;
  const { options } = move;
  const log = (level: 'INFO' | 'WARN' | 'ERROR', message: string): void =>
    console.log(level, 'migration', 'initiate_migration', message);
  const bar = new MigrationProgressBar(process.stderr);
  const stop = untilInterrupted(() =>
    bar.aside(() => process.stderr.write('Stopping in order; press Ctrl-C again to stop at once.\n')),
  );
  try {
    return await withSides(move, { registry, sql }, (source, destination) => {
      const sides = [shownSection(move.source), shownSection(move.destination)].map((side) => JSON.stringify(side));
      log('INFO', `Initializing migration from ${sides.join(' to ')}`);
      return migrate({
        sql,
        database: settings,
        source,
        destination,
        ...(move.buckets ? { buckets: move.buckets } : {}),
        ...(move.rollbackOf === undefined ? {} : { rollbackOf: move.rollbackOf }),
        deleteSource: !options.nodelete,
        force: options.force ?? false,
        retryFailed: options.retryFailed ?? false,
        workers: options.workers,
        maxBytesInFlight: options.maxBytesInFlight,
        ...(options.bwlimit === undefined ? {} : { bytesPerSecond: options.bwlimit }),
        signal: stop.signal,
        log: (level, message) => bar.aside(() => log(level, message)),
        onProgress: (progress) => bar.update(progress),
      });
    });
  } finally {
    bar.stop();
    stop.dispose();
  }
}

/** Opens both sides, and closes them whatever happens. */
async function withSides<T>(
  move: Move,
  dependencies: { registry: DriverRegistry; sql: ConnectedDatabase['sql'] },
  work: (source: MigrationSide, destination: MigrationSide) => Promise<T>,
): Promise<T> {
  const source = await openSide(move.source, dependencies);
  try {
    const destination = await openSide(move.destination, dependencies);
    try {
      return await work(source, destination);
    } finally {
      await destination.driver.close();
    }
  } finally {
    await source.driver.close();
  }
}

function printReport({ console }: CommandContext, report: MigrationReport): void {
  const { record, failures } = report;
  const same = report.rootAfter === report.rootBefore;
  const lines = [
    `migration ${record.id}: ${record.state}${report.resumed ? ' (resumed)' : ''}`,
    `  ${report.moved} of ${report.objects} objects moved and proven (${formatBytes(report.bytes)} of content)`,
    ...(report.gone > 0 ? [`  ${report.gone} were deleted by somebody meanwhile`] : []),
    ...(report.untouched > 0 ? [`  ${report.untouched} objects in other places were left alone`] : []),
    ...(report.sourcesLeft > 0 ? [`  ${report.sourcesLeft} moved objects could not be deleted at the source`] : []),
    ...(report.open > 0
      ? [`  ${report.open} objects were not tried: ${report.stopReason ?? 'the run was stopped'}`]
      : []),
    ...(report.failed > 0 ? [`  ${report.failed} objects failed and are still at the source`] : []),
    ...failureLines(failures).map((line) => `    ${line}`),
    `  before ${report.rootBefore}`,
    `  after  ${same ? 'the same' : report.rootAfter}`,
    ...(report.complete
      ? []
      : [
          '  mend the causes and run the same command with --retry-failed',
          `  every failure: anchore-manager objectstorage show-migration ${record.id} --failures`,
        ]),
  ];
  console.result(report, lines.join('\n'));
}

import { exitCodeFor, InterruptedError } from '@kedge/service';
import { Command, CommanderError } from 'commander';
import { untilInterrupted } from '../command/interrupt.js';
import { Installation } from './installation.js';
import { runMainJob } from './main-job.js';
import { Steps } from './steps.js';
import { summaryOf } from './summary.js';

/**
 * `npm run quickstart`: an installation of its own on an embedded PostgreSQL, and the main job on it with a real image -
 * analyse, judge, archive, restore, move to another storage driver and back.
 *
 * @returns the exit code
 */
export async function runQuickstart(argv: string[]): Promise<number> {
  const stop = untilInterrupted();
  let installation: Installation | undefined;
  try {
    const command = new Command('quickstart')
      .description('Runs the main job of Kedge on one image, with everything it needs in one folder.')
      .argument(
        '[image]',
        'reference, oci:DIR or docker-archive:FILE.tar (default: the sample image of this repository)',
      )
      .option('--keep', 'leave the services up afterwards, until Ctrl-C')
      .allowExcessArguments(false)
      .exitOverride()
      .parse(argv, { from: 'user' });
    const steps = new Steps(process.stdout, stop.signal);
    installation = await Installation.create(command.args[0]);
    const result = await runMainJob(installation, steps);
    const { keep: kept = false } = command.opts<{ keep?: boolean }>();
    process.stdout.write(summaryOf(result, installation, { seconds: steps.seconds, kept }));
    if (kept) {
      await installation.startServices();
      process.stdout.write(keptText(installation));
      await new Promise<void>((resolve) => stop.signal.addEventListener('abort', () => resolve(), { once: true }));
    }
    return 0;
  } catch (error) {
    if (error instanceof CommanderError) return exitCodeFor(error);
    const interrupted = stop.signal.aborted ? new InterruptedError() : (error as Error);
    process.stderr.write(`\nquickstart: ${interrupted.message}\n`);
    if (installation) process.stderr.write(`The logs are in ${installation.directory}\n`);
    return exitCodeFor(interrupted);
  } finally {
    stop.dispose();
    await installation?.close();
  }
}

function keptText(installation: Installation): string {
  return [
    '',
    `Kedge is up:  ${installation.catalogUrl}/v1`,
    `  user        admin`,
    `  password    ${installation.adminPassword.reveal()}`,
    `  try         curl -u admin:${installation.adminPassword.reveal()} ${installation.catalogUrl}/v1/images`,
    'Ctrl-C stops it.',
    '',
  ].join('\n');
}

import { Command, CommanderError } from 'commander';
import { join } from 'node:path';
import { exitCodeFor } from '../errors/exit-code.js';
import { requireNodeVersion } from '../errors/node-version.js';
import { KEDGE_VERSION } from '../health/service-version.js';
import { loadServiceConfig } from './load-service-config.js';
import type { ServiceDefinition } from './service-definition.js';
import { startService } from './start-service.js';

/** Seconds until a stop that hangs is cut off. */
const STOP_LIMIT_SECONDS = 60;

/**
 * Body of an app's `main.ts`: reads `--config FILE` (default `config.yaml` in `$ANCHORE_CONFIG_DIR`, else in `/config`),
 * runs the service until SIGTERM or SIGINT and sets the exit code. Errors are lines on stderr, never stack traces.
 *
 * @param argv arguments without interpreter and script
 */
export async function runMain(definition: ServiceDefinition, argv: string[] = process.argv.slice(2)): Promise<void> {
  const program = `kedge-${definition.name.replaceAll('_', '-')}`;
  try {
    requireNodeVersion();
    const file = configFile(program, argv);
    const service = await startService(definition, loadServiceConfig(file, [definition.name]));
    const { logger } = service.context;
    logger.info({ url: service.url, config: file, version: KEDGE_VERSION }, `${program} is ready`);
    const signal = await nextSignal();
    logger.info({ signal }, `${program} stops`);
    const limit = setTimeout(() => {
      logger.error(`${program} did not stop within ${STOP_LIMIT_SECONDS} s; cut off`);
      process.exit(1);
    }, STOP_LIMIT_SECONDS * 1000);
    await service.close();
    clearTimeout(limit);
    process.exitCode = 0;
  } catch (error) {
    process.exitCode = exitCodeFor(error);
    // commander has written its own line already
    if (!(error instanceof CommanderError)) process.stderr.write(`${program}: ${oneLine(error)}\n`);
  }
}

function configFile(program: string, argv: string[]): string {
  const command = new Command(program)
    .description('Runs one service of Kedge.')
    .option('--config <file>', 'configuration', join(process.env['ANCHORE_CONFIG_DIR'] || '/config', 'config.yaml'))
    .version(KEDGE_VERSION)
    .allowExcessArguments(false)
    .exitOverride()
    .parse(argv, { from: 'user' });
  return command.opts<{ config: string }>().config;
}

function nextSignal(): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    const stop = (signal: NodeJS.Signals): void => {
      // A second Ctrl-C ends the process at once.
      for (const name of ['SIGTERM', 'SIGINT'] as const) process.off(name, stop);
      resolve(signal);
    };
    for (const name of ['SIGTERM', 'SIGINT'] as const) process.on(name, stop);
  });
}

/** The message; configuration errors have a line for each fault. */
function oneLine(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return message.trim() || 'failed without a reason';
}

import { exitCodeFor, KEDGE_VERSION } from '@kedge/service';
import { MigrationError } from '@kedge/migration';
import { Command, CommanderError } from 'commander';
import { addCacheCommands } from './cache/cache-commands.js';
import { Console } from './command/console.js';
import { ExitCode } from './command/exit-code.js';
import { addDbCommands } from './db/db-commands.js';
import { addImageCommands } from './image/image-commands.js';
import { addObjectStorageCommands } from './objectstorage/object-storage-commands.js';
import { addPolicyEngineCommands } from './policy-engine/policy-engine-commands.js';
import { addServiceCommands } from './service/service-commands.js';

/**
 * The `anchore-manager` command line (storage spec 5). Results go to stdout, log lines and errors to stderr.
 *
 * @param argv arguments without interpreter and script
 * @returns the exit code
 */
export async function runManager(argv: string[], environment: NodeJS.ProcessEnv = process.env): Promise<number> {
  const yes = (name: string): boolean => environment[name]?.toLowerCase() === 'y';
  const program = new Command('anchore-manager')
    .description('Operates an installation of Kedge: database, object storage, services, layer cache.')
    .version(`anchore-manager, version ${KEDGE_VERSION}`, '--version', 'print the version')
    .option('--debug', 'log debug lines too (or ANCHORE_CLI_DEBUG=y)', yes('ANCHORE_CLI_DEBUG'))
    .option('--json', 'print results as JSON (or ANCHORE_CLI_JSON=y)', yes('ANCHORE_CLI_JSON'))
    .option('--configdir <dir>', 'folder of config.yaml', environment['ANCHORE_CONFIG_DIR'] || '/config')
    .showHelpAfterError('(run with --help for what is allowed)')
    .exitOverride();
  const console = new Console(() => program.opts<{ debug: boolean; json: boolean }>());
  const context = { console, environment, configDirectory: () => program.opts<{ configdir: string }>().configdir };
  addDbCommands(program, context);
  addObjectStorageCommands(program, context);
  addServiceCommands(program, context);
  addImageCommands(program, context);
  addPolicyEngineCommands(program, context);
  addCacheCommands(program, context);
  try {
    await program.parseAsync(argv, { from: 'user' });
    return 0;
  } catch (error) {
    return endOf(error, console);
  }
}

/** Tells the user what went wrong, in one place, and answers the exit code. */
function endOf(error: unknown, console: Console): number {
  if (error instanceof ExitCode) {
    if (error.message) console.error(error.message);
    return error.code;
  }
  // Groups without a command print their help and end well; other usage errors are printed by commander.
  if (error instanceof CommanderError) return error.code === 'commander.help' ? 0 : exitCodeFor(error);
  console.error((error as Error).message || 'failed without a reason');
  if (error instanceof Error && error.stack) console.log('DEBUG', 'manager', 'main', error.stack);
  if (error instanceof MigrationError)
    return error.code === 'interrupted' ? 130 : error.code === 'connection_lost' ? 1 : 2;
  return exitCodeFor(error);
}

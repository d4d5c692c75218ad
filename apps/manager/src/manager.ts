import { exitCodeFor, KEDGE_VERSION, requireNodeVersion } from '@kedge/service/program';
import { Command, CommanderError } from 'commander';
import { join } from 'node:path';
import { Console } from './command/console.js';
import type { CommandContext } from './command/context.js';
import { ExitCode } from './command/exit-code.js';

type AddCommands = (program: Command, context: CommandContext) => void;

/** Groups of commands. Each is loaded when it is called: a command that lists rows need not load the services. */
const GROUPS: readonly { name: string; description: string; load: () => Promise<AddCommands> }[] = [
  {
    name: 'db',
    description: 'schema of the database',
    load: async () => (await import('./db/db-commands.js')).addDbCommands,
  },
  {
    name: 'objectstorage',
    description: 'object storage: drivers, checks, moving data between drivers',
    load: async () => (await import('./objectstorage/object-storage-commands.js')).addObjectStorageCommands,
  },
  {
    name: 'service',
    description: 'run services, and list those that run',
    load: async () => (await import('./service/service-commands.js')).addServiceCommands,
  },
  {
    name: 'image',
    description: 'images that are stuck',
    load: async () => (await import('./image/image-commands.js')).addImageCommands,
  },
  {
    name: 'policy-engine',
    description: 'what the policy engine has indexed',
    load: async () => (await import('./policy-engine/policy-engine-commands.js')).addPolicyEngineCommands,
  },
  {
    name: 'cache',
    description: "the analyzer's layer cache on this machine",
    load: async () => (await import('./cache/cache-commands.js')).addCacheCommands,
  },
];

/**
 * The `anchore-manager` command line (storage spec 5). Results go to stdout, log lines and errors to stderr.
 *
 * @param argv arguments without interpreter and script
 * @returns the exit code
 */
export async function runManager(argv: string[], environment: NodeJS.ProcessEnv = process.env): Promise<number> {
  // `help objectstorage migrate` as `objectstorage migrate --help`: commander's own help goes one level down only.
  const args = argv[0] === 'help' ? [...argv.slice(1), '--help'] : argv;
  const { program, console } = await managerProgram((group) => args.includes(group), environment);
  try {
    requireNodeVersion();
    await program.parseAsync(args, { from: 'user' });
    return 0;
  } catch (error) {
    return endOf(error, console);
  }
}

/**
 * The tree of commands.
 *
 * @param wanted whether a group's commands are needed; of the others only the names are there
 */
export async function managerProgram(
  wanted: (group: string) => boolean,
  environment: NodeJS.ProcessEnv,
): Promise<{ program: Command; console: Console }> {
  const yes = (name: string): boolean => environment[name]?.toLowerCase() === 'y';
  const program = new Command('anchore-manager')
    .description('Operates an installation of Kedge: database, object storage, services, layer cache.')
    .version(`anchore-manager, version ${KEDGE_VERSION}`, '--version', 'print the version')
    .option('--debug', 'log debug lines too (or ANCHORE_CLI_DEBUG=y)', yes('ANCHORE_CLI_DEBUG') || undefined)
    .option('--json', 'print results as JSON (or ANCHORE_CLI_JSON=y)', yes('ANCHORE_CLI_JSON') || undefined)
    .option('--config <file>', 'configuration of the installation (default: config.yaml in --configdir)')
    .option('--configdir <dir>', 'folder of config.yaml', environment['ANCHORE_CONFIG_DIR'] || '/config')
    .configureHelp({ showGlobalOptions: true, subcommandTerm: (command) => command.name() })
    .showHelpAfterError('(run with --help for what is allowed)')
    .exitOverride();
  const console = new Console(() => {
    const { debug, json } = program.opts<{ debug?: true; json?: true }>();
    return { debug: debug ?? false, json: json ?? false };
  });
  const configFile = (): { path: string; given: boolean } => {
    const { config, configdir } = program.opts<{ config?: string; configdir: string }>();
    return { path: config ?? join(configdir, 'config.yaml'), given: config !== undefined };
  };
  for (const { name, description, load } of GROUPS) {
    if (wanted(name)) (await load())(program, { console, environment, configFile });
    else program.command(name).description(description);
  }
  return { program, console };
}

/** Tells the user what went wrong, in one place, and answers the exit code. */
function endOf(error: unknown, console: Console): number {
  if (error instanceof ExitCode) {
    if (error.message) console.error(error.message);
    return error.code;
  }
  if (error instanceof CommanderError) {
    // Groups without a command print their help and end well; other usage errors are printed by commander.
    const code = error.code === 'commander.help' ? 0 : exitCodeFor(error);
    if (code !== 0) console.answerWith(error.message.replace(/^error: /, ''));
    return code;
  }
  console.error((error as Error).message || 'failed without a reason');
  if (error instanceof Error && error.stack) console.log('DEBUG', 'manager', 'main', error.stack);
  if ((error as Error).name === 'MigrationError') return migrationExitCode(error as { code?: string });
  return exitCodeFor(error);
}

/** A MigrationError, which is told by its name so that its library need not be loaded (storage spec 5.5). */
function migrationExitCode({ code }: { code?: string }): number {
  if (code === 'interrupted') return 130;
  return code === 'connection_lost' ? 1 : 2;
}

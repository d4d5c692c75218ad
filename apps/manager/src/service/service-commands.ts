import type { KedgeConfig, ServiceName } from '@kedge/config';
import { loadServiceConfig, UsageError } from '@kedge/service/program';
import type { Command } from 'commander';
import type { CommandContext } from '../command/context.js';
import { addDatabaseOptions, withDatabase, type DatabaseOptions } from '../command/database-options.js';
import { addHelpNotes } from '../command/help-notes.js';
import { addOldOptions } from '../command/old-options.js';
import { SERVICE_NAMES, serviceNames } from './service-names.js';

interface ServiceRow {
  servicename: string;
  hostid: string;
  base_url: string | null;
  version: string | null;
  status: boolean;
  seconds_ago: number;
}

interface StartCommandOptions {
  all?: boolean;
  autoUpgrade: boolean;
}

/** `anchore-manager service ...`: what runs, and running it. */
export function addServiceCommands(program: Command, context: CommandContext): void {
  const { console } = context;
  const group = addDatabaseOptions(program.command('service').description('run services, and list those that run'));

  const list = group
    .command('list')
    .description('list the services that have announced themselves, and when they were last heard of');
  addOldOptions(list, '--anchore-module <name>').action(async (_options, command: Command) => {
    await withDatabase(command.optsWithGlobals(), context, async ({ sql }) => {
      const rows = await sql.query<ServiceRow>(
        `SELECT servicename, hostid, base_url, version, status, heartbeat,
             extract(epoch FROM now())::integer - heartbeat AS seconds_ago
           FROM services ORDER BY servicename, hostid`,
      );
      const header = ['service', 'host', 'url', 'version', 'up', 'last heard of'];
      const cells = rows.map((row) => [
        row.servicename,
        row.hostid,
        row.base_url,
        row.version,
        row.status ? 'yes' : 'no',
        `${row.seconds_ago} s ago`,
      ]);
      const text = [
        'Locally installed and available service types:',
        ...SERVICE_NAMES,
        '',
        rows.length > 0 ? console.table(header, cells) : 'No service has announced itself.',
      ];
      console.result({ types: SERVICE_NAMES, services: rows }, text.join('\n'));
    });
  });

  const start = group
    .command('start [services...]')
    .description('run services in this process: catalog, policy_engine, analyzer; ends with Ctrl-C or SIGTERM')
    .option('--all', 'run every service that is enabled in the configuration')
    .option('--no-auto-upgrade', 'do not make or upgrade the schema; without it a start of the catalog does');
  addOldOptions(start, '--anchore-module <name>', '--skip-config-validate <list>', '--skip-db-compat-check');
  addHelpNotes(start, {
    more: ['The database is always the one of the configuration; the --db options are for', '`service list`.'],
    examples: ['--config config.yaml service start --all', '--config config.yaml service start catalog policy_engine'],
    exitCodes: { 0: 'stopped in order', 1: 'a service failed', 2: 'wrong usage, configuration or database' },
  }).action(async (names: string[], options: StartCommandOptions, command: Command) => {
    if (command.optsWithGlobals<Partial<DatabaseOptions>>().dbConnect !== undefined) {
      throw new UsageError('service start takes the database from its configuration file; leave out --db-connect');
    }
    const named = options.all ? undefined : serviceNames(wantedServices(names, context));
    const config = loadServiceConfig(context.configFile().path, named ?? 'all', context.environment);
    const { runServices } = await import('./run-services.js'); // loads the services, which takes a second
    await runServices(named ?? enabledServices(config), config, {
      autoUpgrade: options.autoUpgrade,
      onReady: (name, url) => console.log('INFO', 'service', 'start', `${name} is ready at ${url}`),
    });
  });
}

function wantedServices(names: string[], context: CommandContext): string[] {
  const wanted = names.length > 0 ? names : (context.environment['ANCHORE_ENGINE_SERVICES'] ?? '').split(/\s+/);
  const given = wanted.filter((name) => name !== '');
  if (given.length === 0)
    throw new UsageError('no services given; name some, use --all, or set ANCHORE_ENGINE_SERVICES');
  return given;
}

function enabledServices(config: KedgeConfig): ServiceName[] {
  const enabled = SERVICE_NAMES.filter((name) => config.services[name]?.enabled);
  if (enabled.length === 0) throw new UsageError(`no service is enabled in ${config.file}`);
  return enabled;
}

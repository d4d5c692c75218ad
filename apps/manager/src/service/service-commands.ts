import type { KedgeConfig, ServiceName } from '@kedge/config';
import { loadServiceConfig, UsageError } from '@kedge/service/program';
import type { Command } from 'commander';
import type { CommandContext } from '../command/context.js';
import { addDatabaseOptions, withDatabase } from '../command/database-options.js';
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

  group
    .command('list')
    .description('list the services that have announced themselves, and when they were last heard of')
    .option('--anchore-module <name>', 'accepted for old scripts, without effect')
    .action(async (_options, command: Command) => {
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

  group
    .command('start [services...]')
    .description('run services in this process: catalog, policy_engine, analyzer; ends with Ctrl-C or SIGTERM')
    .option('--all', 'run every service that is enabled in the configuration')
    .option('--no-auto-upgrade', 'do not make or upgrade the schema; without it a start of the catalog does')
    .option('--anchore-module <name>', 'accepted for old scripts, without effect')
    .option('--skip-config-validate <list>', 'accepted for old scripts, without effect')
    .option('--skip-db-compat-check', 'accepted for old scripts, without effect')
    .action(async (names: string[], options: StartCommandOptions) => {
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

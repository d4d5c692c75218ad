import { databaseSettings, type KedgeConfig, type ServiceName } from '@kedge/config';
import { createDataSource, upgradeSchema } from '@kedge/database';
import { loadServiceConfig, UsageError } from '@kedge/service/program';
import { installJobQueue } from '@kedge/service/queue';
import type { Command } from 'commander';
import type { CommandContext } from '../command/context.js';
import { addDatabaseOptions, withDatabase } from '../command/database-options.js';
import { untilInterrupted } from '../command/interrupt.js';
import { SERVICES, servicesNamed } from './service-definitions.js';
import { startServices, stopServices } from './start-services.js';

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
        const types = SERVICES.map((service) => service.name);
        const text = [
          'Locally installed and available service types:',
          ...types,
          '',
          rows.length > 0 ? console.table(header, cells) : 'No service has announced itself.',
        ];
        console.result({ types, services: rows }, text.join('\n'));
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
      const named = options.all ? undefined : servicesNamed(wantedServices(names, context));
      const wanted = named?.map(({ name }) => name) ?? 'all';
      const config = loadServiceConfig(context.configFile().path, wanted, context.environment);
      const definitions = named ?? servicesNamed(enabledServices(config));
      const stop = untilInterrupted();
      try {
        if (options.autoUpgrade && definitions.some(({ name }) => name === 'catalog')) await upgrade(config);
        const running = await startServices(definitions, config);
        for (const { name, url } of running) console.log('INFO', 'service', 'start', `${name} is ready at ${url}`);
        await fired(stop.signal);
        await stopServices(running);
      } finally {
        stop.dispose();
      }
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
  const enabled = SERVICES.map(({ name }) => name).filter((name) => config.services[name]?.enabled);
  if (enabled.length === 0) throw new UsageError(`no service is enabled in ${config.file}`);
  return enabled;
}

async function upgrade(config: KedgeConfig): Promise<void> {
  const settings = databaseSettings(config);
  const dataSource = await createDataSource(settings, { applicationName: 'anchore-manager' });
  try {
    await upgradeSchema(dataSource);
    await installJobQueue(settings);
  } finally {
    await dataSource.destroy();
  }
}

function fired(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
}

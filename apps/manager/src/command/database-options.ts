import { ConfigError, databaseSettings, loadConfig, parseDatabaseUrl, type DatabaseSettings } from '@kedge/config';
import { createDataSource, DatabaseError, describeDatabase, requireCurrentSchema, Sql } from '@kedge/database';
import { UsageError } from '@kedge/service/program';
import type { Command } from 'commander';
import { readFile } from 'node:fs/promises';
import type { DataSource } from 'typeorm';
import { parseCount } from './byte-size.js';
import type { CommandContext } from './context.js';
import { addOldOptions } from './old-options.js';

const RETRY_PAUSE_MS = 5000;

export interface DatabaseOptions {
  dbConnect?: string;
  dbConnectFile?: string;
  dbUseSsl?: boolean;
  dbRetries: number;
  dbTimeout: number;
}

/** Adds the options that stand between a group and its command. */
export function addDatabaseOptions(group: Command): Command {
  return addOldOptions(group, '--db-connect-timeout <seconds>')
    .option('--db-connect <url>', 'database, e.g. postgresql://user:password@host:5432/name (or ANCHORE_DB_CONNECT)')
    .option('--db-connect-file <file>', 'file whose first line is the url, so that it does not stand in `ps`')
    .option('--db-use-ssl', 'encrypt the connection')
    .option('--db-retries <n>', 'attempts to connect, 5 s apart', parseCount(1, 10_000), 1)
    .option('--db-timeout <seconds>', 'time to connect', parseCount(1, 86_400), 30)
    .addHelpText(
      'afterAll',
      '\nWithout --db-connect, --db-connect-file or ANCHORE_DB_CONNECT, the database is\nthe one of --config, or of config.yaml in --configdir.',
    );
}

/**
 * However many objects move at a time, the database's part of the work is short; each further connection is a process there
 * that builds its own caches, and they took a quarter of the server's time.
 */
const CONNECTIONS = 8;

/** Where the database is. @throws UsageError when nothing says so; ConfigError for a url that cannot be read. */
export async function databaseOf(options: DatabaseOptions, context: CommandContext): Promise<DatabaseSettings> {
  const overrides = {
    ...(options.dbUseSsl ? { ssl: true } : {}),
    connectTimeoutSeconds: options.dbTimeout,
    poolSize: CONNECTIONS,
  };
  const url =
    options.dbConnect ?? (await urlFromFile(options.dbConnectFile)) ?? context.environment['ANCHORE_DB_CONNECT'];
  if (url) return parseDatabaseUrl(url, overrides);
  const { path: file } = context.configFile();
  try {
    return { ...databaseSettings(loadConfig(file, context.environment)), ...overrides };
  } catch (error) {
    if (!(error instanceof ConfigError) || !/does not exist/.test(error.message)) throw error;
    throw new UsageError(`Missing option '--db-connect' (and there is no ${file} to read the database from)`);
  }
}

async function urlFromFile(file: string | undefined): Promise<string | undefined> {
  if (file === undefined) return undefined;
  try {
    return (await readFile(file, 'utf8')).split('\n')[0]?.trim();
  } catch (error) {
    throw new UsageError(`--db-connect-file ${file} cannot be read: ${(error as NodeJS.ErrnoException).code ?? ''}`);
  }
}

export interface ConnectedDatabase {
  settings: DatabaseSettings;
  dataSource: DataSource;
  sql: Sql;
}

/**
 * Connects, says so in the old tool's lines, runs `work` and disconnects.
 *
 * @param schema whether the schema has to be the current one
 * @throws DatabaseError; what `work` throws.
 */
export async function withDatabase<T>(
  options: DatabaseOptions,
  context: CommandContext,
  work: (database: ConnectedDatabase) => Promise<T>,
  schema: 'current' | 'any' = 'current',
): Promise<T> {
  const settings = await databaseOf(options, context);
  const dataSource = await connect(settings, options, context);
  try {
    if (schema === 'current') await requireCurrentSchema(dataSource);
    return await work({ settings, dataSource, sql: new Sql(dataSource) });
  } finally {
    // After the server is gone there is nothing left to close.
    await dataSource.destroy().catch(() => undefined);
  }
}

async function connect(
  settings: DatabaseSettings,
  options: DatabaseOptions,
  context: CommandContext,
): Promise<DataSource> {
  const log = (level: 'INFO' | 'WARN', message: string): void =>
    context.console.log(level, 'utils', 'connect_database', message);
  const parameters = {
    db_connect: `postgresql://${describeDatabase(settings).replace('@', ':***@')}`,
    db_connect_args: { timeout: settings.connectTimeoutSeconds, ssl: settings.ssl },
    db_pool_size: settings.poolSize,
  };
  log('INFO', `DB params: ${JSON.stringify(parameters)}`);
  log('INFO', 'DB connection configured: True');
  for (let attempt = 1; ; attempt += 1) {
    log('INFO', 'DB attempting to connect...');
    try {
      const dataSource = await createDataSource(settings, { applicationName: 'anchore-manager' });
      log('INFO', 'DB connected: True');
      return dataSource;
    } catch (error) {
      if (!(error instanceof DatabaseError) || !error.retryable || attempt >= options.dbRetries) throw error;
      log('WARN', `DB connection failed, retrying - exception: ${error.message}`);
      await new Promise((resolve) => setTimeout(resolve, RETRY_PAUSE_MS));
    }
  }
}

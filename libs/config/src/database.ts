import { parseDatabaseUrl, type DatabaseSettings } from './database-url.js';
import { ConfigError, type ConfigProblem } from './errors.js';
import type { KedgeConfig } from './settings.js';

const PATH = 'credentials.database.db_connect';
const REQUIRED = { path: PATH, message: 'is required: postgresql://user:password@host:5432/database' };

/**
 * What is wrong with the connect string of a file's document, for programs that cannot do without a database. A value
 * that is no text is left to the schema of the file.
 */
export function databaseFaults(document: Record<string, unknown>): ConfigProblem[] {
  const { credentials } = document as { credentials?: { database?: { db_connect?: unknown } | null } | null };
  const url = credentials?.database?.db_connect;
  if (url === undefined || url === null) return [REQUIRED];
  try {
    if (typeof url === 'string') parseDatabaseUrl(url);
    return [];
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
}

/** The database of a config file. @throws ConfigError when the file names none. */
export function databaseSettings(config: KedgeConfig): DatabaseSettings {
  const database = config.credentials?.database;
  if (!database) {
    throw new ConfigError(config.file, [REQUIRED]);
  }
  return parseDatabaseUrl(database.db_connect.reveal(), {
    ...(database.db_connect_args?.ssl === undefined ? {} : { ssl: database.db_connect_args.ssl }),
    connectTimeoutSeconds: database.db_connect_args?.timeout ?? 30,
    ...(database.db_pool_size === undefined ? {} : { poolSize: database.db_pool_size }),
  });
}

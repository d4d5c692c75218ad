import { parseDatabaseUrl, type DatabaseSettings } from './database-url.js';
import { ConfigError } from './errors.js';
import type { KedgeConfig } from './settings.js';

/** The database of a config file. @throws ConfigError when the file names none. */
export function databaseSettings(config: KedgeConfig): DatabaseSettings {
  const database = config.credentials?.database;
  if (!database) {
    throw new ConfigError(config.file, [
      {
        path: 'credentials.database.db_connect',
        message: 'is required: postgresql://user:password@host:5432/database',
      },
    ]);
  }
  return parseDatabaseUrl(database.db_connect.reveal(), {
    ...(database.db_connect_args?.ssl === undefined ? {} : { ssl: database.db_connect_args.ssl }),
    connectTimeoutSeconds: database.db_connect_args?.timeout ?? 30,
    ...(database.db_pool_size === undefined ? {} : { poolSize: database.db_pool_size }),
  });
}

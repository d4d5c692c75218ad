import type { DatabaseSettings } from '@kedge/config';
import { DataSource } from 'typeorm';
import { connectFailure } from './errors.js';
import { ENTITIES } from './entities/index.js';
import { MIGRATIONS } from './migrations/index.js';
import { PooledClient } from './pooled-client.js';

/** Name of the table in which TypeORM records which migrations have run. */
export const MIGRATIONS_TABLE = 'kedge_migration';
const STATEMENT_MINUTES = 30;
/** Some work reads by one connection what it writes by another; a pool of one (`db_pool_size: 1`) would wait for itself. */
const MIN_POOL = 4;

/**
 * Connects to PostgreSQL. The caller destroys the data source.
 *
 * @param onPoolError told of a connection that broke while it was idle; the pool replaces it
 * @throws DatabaseError `unreachable` or `refused`
 */
export async function createDataSource(
  settings: DatabaseSettings,
  options: { applicationName?: string; onPoolError?: (error: Error) => void } = {},
): Promise<DataSource> {
  const { host, port, user, password, database, ssl, connectTimeoutSeconds, poolSize } = settings;
  const dataSource = new DataSource({
    type: 'postgres',
    host: host ?? 'localhost',
    port: port ?? 5432,
    username: user ?? 'postgres',
    ...(password ? { password: password.reveal() } : {}),
    database: database ?? user ?? 'postgres',
    // The contract's `ssl: true` asks for encryption; the old system never checked the server's certificate.
    ssl: ssl ? { rejectUnauthorized: false } : false,
    connectTimeoutMS: connectTimeoutSeconds * 1000,
    poolSize: Math.max(poolSize, MIN_POOL),
    applicationName: options.applicationName ?? 'kedge',
    installExtensions: false,
    synchronize: false,
    migrationsTableName: MIGRATIONS_TABLE,
    migrationsTransactionMode: 'each',
    entities: ENTITIES,
    migrations: MIGRATIONS,
    poolErrorHandler: options.onPoolError ?? (() => undefined),
    extra: {
      Client: PooledClient,
      statement_timeout: STATEMENT_MINUTES * 60_000,
      idle_in_transaction_session_timeout: STATEMENT_MINUTES * 60_000,
      keepAlive: true,
    },
  });
  try {
    return await dataSource.initialize();
  } catch (error) {
    throw connectFailure(settings, error);
  }
}

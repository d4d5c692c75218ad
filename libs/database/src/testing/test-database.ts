import { parseDatabaseUrl, type DatabaseSettings } from '@kedge/config';
import { randomBytes } from 'node:crypto';
import { Client } from 'pg';
import type { DataSource } from 'typeorm';
import { createDataSource } from '../data-source.js';
import { Sql } from '../sql.js';
import { upgradeSchema } from '../upgrade.js';

export interface TestDatabase {
  url: string;
  settings: DatabaseSettings;
  dataSource: DataSource;
  sql: Sql;
  /** Closes the data source and drops the database, whoever is still connected. */
  drop: () => Promise<void>;
}

/**
 * A fresh database on the server that the test set-up started (`KEDGE_TEST_PG_URL`), with the current schema unless
 * `migrated` is false.
 */
export async function createTestDatabase(options: { migrated?: boolean } = {}): Promise<TestDatabase> {
  const server = process.env['KEDGE_TEST_PG_URL'];
  if (!server) throw new Error('KEDGE_TEST_PG_URL is not set; integration tests are *.int.spec.ts files run by Jest');
  const name = `kedge_${randomBytes(8).toString('hex')}`;
  await administer(server, `CREATE DATABASE ${name}`);
  const url = Object.assign(new URL(server.replace('@/', '@socket.invalid/')), { pathname: `/${name}` })
    .toString()
    .replace('@socket.invalid/', '@/');
  const settings = parseDatabaseUrl(url);
  const dataSource = await createDataSource(settings, { applicationName: 'kedge-test' });
  if (options.migrated ?? true) await upgradeSchema(dataSource);
  const drop = async (): Promise<void> => {
    if (dataSource.isInitialized) await dataSource.destroy();
    await administer(server, `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
  };
  return { url, settings, dataSource, sql: new Sql(dataSource), drop };
}

async function administer(server: string, statement: string): Promise<void> {
  const { host, port, user, password, database } = parseDatabaseUrl(server);
  const client = new Client({
    host: host ?? 'localhost',
    port: port ?? 5432,
    user: user ?? 'postgres',
    database: database ?? 'postgres',
    ...(password ? { password: password.reveal() } : {}),
  });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}

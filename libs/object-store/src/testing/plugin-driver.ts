import type { DriverContext, DriverPlugin, StorageDriver } from '../driver.js';

/** A driver of a package in a test program, and the database where it wants one. */
export interface PluginDriver {
  driver: StorageDriver;
  context: DriverContext;
  close: () => Promise<void>;
}

/**
 * Makes and initialises the driver that a package exports as `kedgeDriver`.
 *
 * @param databaseUrl of a migrated database, when driver or program needs one
 * @param applicationName what the database calls the connections of the program
 */
export async function pluginDriver(
  { plugin, config, databaseUrl }: { plugin: string; config: object; databaseUrl?: string | undefined },
  applicationName = 'kedge-test-program',
): Promise<PluginDriver> {
  const { kedgeDriver } = (await import(plugin)) as { kedgeDriver: DriverPlugin };
  const database = databaseUrl === undefined ? undefined : await openDatabase(databaseUrl, applicationName);
  const context = database ? { sql: database.sql } : {};
  const driver = kedgeDriver.create(kedgeDriver.configSchema.parse(config), context);
  await driver.init();
  const close = async (): Promise<void> => {
    await driver.close();
    await database?.close();
  };
  return { driver, context, close };
}

/** Loaded only for drivers that want it: TypeORM alone takes tens of megabytes. */
async function openDatabase(url: string, applicationName: string) {
  const { parseDatabaseUrl } = await import('@kedge/config');
  const { createDataSource, Sql } = await import('@kedge/database');
  const dataSource = await createDataSource(parseDatabaseUrl(url), { applicationName });
  return { sql: new Sql(dataSource), close: () => dataSource.destroy() };
}

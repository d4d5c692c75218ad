import type { SqlPort, StorageDriver } from './driver.js';
import { ObjectStore, type Garbage } from './object-store.js';
import type { DriverRegistry } from './registry.js';
import type { StorageSettings } from './settings.js';

export interface OpenObjectStores {
  objectStore: ObjectStore;
  /** The same instance as `objectStore` when there is no section of its own. */
  analysisArchive: ObjectStore;
  /** Closes the drivers. The SQL port belongs to the caller. */
  close: () => Promise<void>;
}

/**
 * Makes and initialises the drivers of both sections. Each store reads and deletes content of both drivers, because an
 * object may have been moved between them; it writes to its own.
 *
 * @throws StorageError of the registry or of a driver's self check; drivers opened before are closed again.
 */
export async function openObjectStores(
  settings: { objectStore: StorageSettings; analysisArchive?: StorageSettings | undefined },
  context: {
    sql: SqlPort;
    registry: DriverRegistry;
    onGarbage?: (garbage: Garbage) => void;
    /** Told of settings that have no effect, in one line each. */
    onWarning?: (message: string) => void;
  },
): Promise<OpenObjectStores> {
  const { sql, registry } = context;
  const drivers: StorageDriver[] = [];
  const close = async (): Promise<void> => {
    const results = await Promise.allSettled(drivers.map((driver) => driver.close()));
    for (const result of results) if (result.status === 'rejected') throw result.reason;
  };
  const open = async (section: StorageSettings): Promise<StorageDriver> => {
    const driver = registry.createDriver(section.storage_driver, {
      sql,
      ...(context.onWarning ? { warn: context.onWarning } : {}),
    });
    drivers.push(driver);
    await driver.init();
    return driver;
  };
  try {
    const main = await open(settings.objectStore);
    const archive = settings.analysisArchive && (await open(settings.analysisArchive));
    const store = (section: StorageSettings, driver: StorageDriver): ObjectStore =>
      new ObjectStore({
        driver,
        readers: drivers.filter((other) => other !== driver),
        sql,
        compression: section.compression,
        ...(context.onGarbage ? { onGarbage: context.onGarbage } : {}),
      });
    const objectStore = store(settings.objectStore, main);
    const analysisArchive =
      settings.analysisArchive && archive ? store(settings.analysisArchive, archive) : objectStore;
    return { objectStore, analysisArchive, close };
  } catch (error) {
    await Promise.allSettled(drivers.map((driver) => driver.close()));
    throw error;
  }
}

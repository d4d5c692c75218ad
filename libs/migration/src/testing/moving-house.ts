import { createTestDatabase, type TestDatabase } from '@kedge/database/testing';
import { builtinDrivers } from '@kedge/drivers';
import { ObjectStore, type ObjectId, type StorageDriver } from '@kedge/object-store';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { MigrationSide } from '../index.js';

const COMPRESSION = { enabled: true, min_size_kbytes: 1, codec: 'zstd' as const };

/** A database and directories to move objects between; everything in it is real. */
export interface House {
  database: TestDatabase;
  directory: string;
  /** A side at the `db` driver, or at a directory of that name. */
  side: (name: string) => Promise<MigrationSide>;
  /** A store that writes to the first side and reads all. */
  store: (...sides: MigrationSide[]) => ObjectStore;
  /** Puts `count` documents of mixed sizes; answers their names. */
  fill: (store: ObjectStore, count: number) => Promise<ObjectId[]>;
  tearDown: () => Promise<void>;
}

export async function buildHouse(): Promise<House> {
  const database = await createTestDatabase();
  const directory = await mkdtemp(join(tmpdir(), 'kedge-move-'));
  const registry = builtinDrivers();
  const drivers: StorageDriver[] = [];
  return {
    database,
    directory,
    side: async (name) => {
      const config = name === 'db' ? {} : { archive_data_dir: join(directory, name) };
      const driver = registry.createDriver({ name: name === 'db' ? 'db' : 'localfs', config }, { sql: database.sql });
      drivers.push(driver);
      await driver.init();
      return { driver, name: driver.name, compression: COMPRESSION, section: 'object_store' };
    },
    store: (first, ...more) => {
      if (!first) throw new Error('a store writes somewhere');
      return new ObjectStore({
        driver: first.driver,
        readers: more.map((side) => side.driver),
        sql: database.sql,
        compression: COMPRESSION,
      });
    },
    fill: async (store, count) => {
      const ids: ObjectId[] = [];
      for (let n = 0; n < count; n += 1) {
        const id = {
          account: n % 3 === 0 ? 'other' : 'admin',
          bucket: n % 2 === 0 ? 'analysis_data' : 'policy_bundles',
          key: `k${n}`,
        };
        await store.put(id, contentOf(n));
        ids.push(id);
      }
      return ids;
    },
    tearDown: async () => {
      await Promise.all(drivers.map((driver) => driver.close()));
      await database.drop();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

/** From 10 bytes to about 90 kB, the same for the same number. */
export function contentOf(n: number): string {
  return JSON.stringify({ document: `${n} `.repeat(1 + ((n * 7919) % 20_000)) });
}

/** Number of locations a driver holds. */
export async function countLocations(driver: StorageDriver): Promise<number> {
  let locations = 0;
  for await (const location of driver.list()) locations += location.size >= 0 ? 1 : 0;
  return locations;
}

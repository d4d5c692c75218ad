import { databaseSettings, loadConfig } from '@kedge/config';
import { createDataSource, Sql } from '@kedge/database';
import { builtinDrivers } from '@kedge/drivers';
import { openObjectStores, storageSettingsFromCatalog, type ObjectMetadata } from '@kedge/object-store';
import { createHash } from 'node:crypto';

/** SHA-256 of every object's content as it is read now, by its name, and where the content lies. */
export interface Documents {
  digests: Map<string, string>;
  bytes: number;
  schemes: Set<string>;
}

const PAGE = 500;

/** Reads every object of an installation through the object store of its configuration, which proves each. */
export async function readDocuments(configFile: string): Promise<Documents> {
  const config = loadConfig(configFile);
  const dataSource = await createDataSource(databaseSettings(config));
  try {
    const sql = new Sql(dataSource);
    const settings = storageSettingsFromCatalog(config.rawCatalog, config.file);
    const { objectStore, close } = await openObjectStores(settings, { sql, registry: builtinDrivers() });
    const found: Documents = { digests: new Map(), bytes: 0, schemes: new Set() };
    try {
      for (let after: ObjectMetadata | undefined; ;) {
        const page = await objectStore.pageMetadata({ limit: PAGE, ...(after ? { after } : {}) });
        for (const row of page) {
          const hash = createHash('sha256');
          for await (const chunk of await objectStore.openStored(row)) hash.update(chunk as Buffer);
          found.digests.set(JSON.stringify([row.account, row.bucket, row.key]), hash.digest('hex'));
          found.bytes += row.size;
          found.schemes.add(row.uri.split('://')[0] ?? '');
        }
        if (page.length < PAGE) return found;
        after = page.at(-1);
      }
    } finally {
      await close();
    }
  } finally {
    await dataSource.destroy();
  }
}

/** @throws Error naming the first object that is missing, new or different. */
export function requireSameDocuments(before: Documents, after: Documents): void {
  for (const name of new Set([...before.digests.keys(), ...after.digests.keys()])) {
    const [one, other] = [before.digests.get(name), after.digests.get(name)];
    if (one === other) continue;
    throw new Error(
      `object ${name} is not the same after the migration: ${one ?? 'missing'} before, ${other ?? 'missing'} after`,
    );
  }
}

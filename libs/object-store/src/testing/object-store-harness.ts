import { strict as assert } from 'node:assert';
import { randomBytes } from 'node:crypto';
import type { CompressionSettings } from '../content-writer.js';
import { StorageError, type SqlPort, type StorageDriver } from '../driver.js';
import type { ObjectId } from '../object-id.js';
import { ObjectStore, type Garbage } from '../object-store.js';
import { all, bytesOf, type ConformanceCase } from './content.js';

/** What the object store's suite needs. */
export interface ObjectStoreHarness {
  driver: StorageDriver;
  /** A migrated database. */
  sql: SqlPort;
  /** Replaces the stored bytes behind the driver's back. */
  alter(uri: string, bytes: Buffer): Promise<void>;
}

export type ObjectStoreCase = ConformanceCase<ObjectStoreHarness>;

const OFF: CompressionSettings = { enabled: false, min_size_kbytes: 0, codec: 'zstd' };

export function newId(): ObjectId {
  return { account: 'admin', bucket: 'analysis_data', key: `sha256:${randomBytes(16).toString('hex')}` };
}

export function store({ driver, sql }: ObjectStoreHarness, compression: Partial<CompressionSettings> = {}) {
  const garbage: Garbage[] = [];
  const settings = { ...OFF, ...compression };
  return {
    garbage,
    objects: new ObjectStore({ driver, sql, compression: settings, onGarbage: (item) => garbage.push(item) }),
  };
}

export async function read(objects: ObjectStore, id: ObjectId): Promise<Buffer> {
  const found = await objects.get(id);
  assert.ok(found, `${id.key} exists`);
  return bytesOf(found.body);
}

export async function locations(driver: StorageDriver): Promise<string[]> {
  return (await all(driver.list())).map(({ uri }) => uri).sort();
}

export const integrity = (error: unknown): boolean => error instanceof StorageError && error.code === 'integrity';

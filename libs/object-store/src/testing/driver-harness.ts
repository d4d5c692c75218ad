import { strict as assert } from 'node:assert';
import { StorageError, type StorageDriver, type StorageErrorCode } from '../driver.js';
import { all, type ConformanceCase } from './content.js';

/** What a driver's author hands to the suite. */
export interface DriverHarness {
  /** Initialised, writing to a place that nobody else writes to while the suite runs. */
  driver: StorageDriver;
  /** Credentials of the configuration; no uri may show them. */
  secrets?: string[];
  /** Objects to make for the listing case; more than one page of the backend. Default 520. */
  listing?: number;
  /** Lengths from which on the driver stores content in another way, a part or segment say. */
  thresholds?: number[];
  /** A driver of the same place with credentials that may do nothing there; not initialised, closed by its case. */
  refused?: () => Promise<StorageDriver>;
  /** A second initialised driver of the same configuration, made and closed by the case about closing. */
  another?: () => Promise<StorageDriver>;
}

export type DriverCase = ConformanceCase<DriverHarness>;

/** Works on all items, `limit` at a time. */
export async function atOnce<T>(
  limit: number,
  items: T[],
  work: (item: T, index: number) => Promise<void>,
): Promise<void> {
  const queue = items.entries();
  const worker = async (): Promise<void> => {
    for (const [index, item] of queue) await work(item, index);
  };
  await Promise.all(Array.from({ length: limit }, worker));
}

/** All locations, sorted. */
export async function uris(driver: StorageDriver): Promise<string[]> {
  return (await all(driver.list())).map(({ uri }) => uri).sort();
}

/** Asserts a rejection with a StorageError, of one of the codes if any are given. */
export async function rejects(work: Promise<unknown>, ...codes: StorageErrorCode[]): Promise<void> {
  await assert.rejects(work, (error: unknown) => {
    assert.ok(error instanceof StorageError, `a StorageError, not ${String(error)}`);
    if (codes.length > 0) assert.ok(codes.includes(error.code), `code ${error.code}, expected ${codes.join(' or ')}`);
    return true;
  });
}

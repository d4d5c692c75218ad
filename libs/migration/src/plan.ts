import type { ObjectMetadata, ObjectStore } from '@kedge/object-store';
import type { Places } from './places.js';

const PAGE = 1000;

/** Objects and bytes of one bucket of one account. */
export interface BucketTotal {
  account: string;
  bucket: string;
  objects: number;
  /** Bytes as stored. */
  bytes: number;
}

/** Pages of rows to move, in the order of their names. `onOther` is told of rows that stay where they are. */
export async function* selectRows(
  store: ObjectStore,
  places: Places,
  buckets: string[] | undefined,
  onOther: (row: ObjectMetadata) => void = () => undefined,
): AsyncGenerator<ObjectMetadata[]> {
  let after: ObjectMetadata | undefined;
  for (;;) {
    const page = await store.pageMetadata({
      limit: PAGE,
      ...(after ? { after } : {}),
      ...(buckets ? { buckets } : {}),
    });
    const selected: ObjectMetadata[] = [];
    for (const row of page) {
      if (places.isSource(row.uri)) selected.push(row);
      else onOther(row);
    }
    if (selected.length > 0) yield selected;
    if (page.length < PAGE) return;
    after = page.at(-1);
  }
}

export interface MigrationTotals {
  buckets: BucketTotal[];
  objects: number;
  /** Bytes as stored at the source. */
  bytes: number;
  /** Bytes of plain content. */
  plainBytes: number;
  /** Bytes that the copies take at most, unless compression of the destination does worse than that of the source. */
  needed: number;
  /** Rows in other places. */
  untouched: number;
}

/**
 * What a migration would move. Reads rows only.
 *
 * @param destination its smallest piece of room in bytes, and whether it compresses
 */
export async function totals(
  store: ObjectStore,
  places: Places,
  buckets: string[] | undefined,
  destination: { block: number; compressed: boolean },
): Promise<MigrationTotals> {
  const found = new Map<string, BucketTotal>();
  const sum = { objects: 0, bytes: 0, plainBytes: 0, needed: 0, untouched: 0 };
  for await (const page of selectRows(store, places, buckets, () => (sum.untouched += 1))) {
    for (const { account, bucket, storedSize, size } of page) {
      const name = JSON.stringify([account, bucket]);
      const total = found.get(name) ?? { account, bucket, objects: 0, bytes: 0 };
      found.set(name, { ...total, objects: total.objects + 1, bytes: total.bytes + storedSize });
      const copied = destination.compressed ? storedSize : size;
      sum.objects += 1;
      sum.bytes += storedSize;
      sum.plainBytes += size;
      sum.needed += Math.ceil(copied / destination.block) * destination.block;
    }
  }
  return { buckets: [...found.values()], ...sum };
}

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

/** What a migration would move. Reads rows only. */
export async function totals(
  store: ObjectStore,
  places: Places,
  buckets: string[] | undefined,
): Promise<{ buckets: BucketTotal[]; objects: number; bytes: number; untouched: number }> {
  const found = new Map<string, BucketTotal>();
  let untouched = 0;
  for await (const page of selectRows(store, places, buckets, () => (untouched += 1))) {
    for (const { account, bucket, storedSize } of page) {
      const name = JSON.stringify([account, bucket]);
      const total = found.get(name) ?? { account, bucket, objects: 0, bytes: 0 };
      found.set(name, { ...total, objects: total.objects + 1, bytes: total.bytes + storedSize });
    }
  }
  const list = [...found.values()];
  const sum = (pick: (total: BucketTotal) => number): number => list.reduce((all, total) => all + pick(total), 0);
  return { buckets: list, objects: sum((total) => total.objects), bytes: sum((total) => total.bytes), untouched };
}

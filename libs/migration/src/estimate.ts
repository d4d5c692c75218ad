import type { Sql } from '@kedge/database';
import type { ObjectMetadata, ObjectStore } from '@kedge/object-store';
import type { MigrationSide } from './migrate.js';
import { copyAndProve } from './move-object.js';
import { selectRows } from './plan.js';
import type { Places } from './places.js';

/** How fast objects go from one side to the other, and how that is known. */
export interface Pace {
  objectsPerSecond: number;
  /** Bytes of plain content. */
  bytesPerSecond: number;
  /**
   * A former run, or copies that were made for this and deleted again. A run is `certain` when it was between these two
   * places and its time at work is on record.
   */
  from: { migration: number; certain: boolean } | { probedObjects: number; probedBytes: number };
}

/** Fewer say little about a rate: most of their time is the start. */
const ENOUGH_OBJECTS = 50;
const PROBE_OBJECTS = 24;
const PROBE_BYTES = 32 * 1024 * 1024;
const PROBE_MS = 20_000;

/** So many times longer than the probe says a former run may have taken and still have been at work all the time. */
const PLAUSIBLE = 3;

/**
 * The pace of the last complete run between these places, else between drivers of their kinds, if it was long enough to
 * tell and nobody slowed it down. Runs from before the journal knew their time at work have pauses in it;
 * {@link likelyPace} sees through them.
 */
export async function lastPace(sql: Sql, from: MigrationSide, to: MigrationSide): Promise<Pace | undefined> {
  const rows = await sql.query<{ id: number; objects: number; bytes: string; seconds: number; certain: boolean }>(
    `SELECT t.id, a.archive_documents_migrated AS objects,
       (SELECT coalesce(sum(size), 0) FROM data_migration_object WHERE task_id = t.id) AS bytes,
       s.seconds, s.same AND m.active_seconds IS NOT NULL AS certain
     FROM tasks t JOIN archive_migration_tasks a ON a.id = t.id JOIN data_migration m ON m.task_id = t.id
       CROSS JOIN LATERAL (SELECT m.from_place = $4 AND m.to_place = $5 AS same,
         coalesce(m.active_seconds, extract(epoch FROM t.ended_at - t.started_at)::float8) AS seconds) s
     WHERE t.state = 'complete' AND a.migrate_from_driver = $1 AND a.migrate_to_driver = $2
       AND a.archive_documents_migrated >= $3 AND m.bwlimit IS NULL AND s.seconds > 0
     ORDER BY s.same DESC, t.id DESC LIMIT 1`,
    [from.name, to.name, ENOUGH_OBJECTS, from.driver.place, to.driver.place],
  );
  const [row] = rows;
  if (!row) return undefined;
  return {
    objectsPerSecond: row.objects / row.seconds,
    bytesPerSecond: Number(row.bytes) / row.seconds,
    from: { migration: row.id, certain: row.certain },
  };
}

/**
 * Copies a few of the objects that would be moved, proves the copies and deletes them again: at most 24 objects, 32 MiB
 * (one object may be longer) and 20 seconds. No row and no journal is touched.
 *
 * @returns undefined when there is nothing to copy
 * @throws MoveFailure when a copy fails, as it would in the migration.
 */
export async function probePace(
  store: ObjectStore,
  places: Places,
  options: { buckets: string[] | undefined; workers: number; signal?: AbortSignal },
): Promise<Pace | undefined> {
  const rows = await sample(store, places, options.buckets);
  const started = performance.now();
  const next = rows.values();
  let [objects, bytes] = [0, 0];
  const timeout = AbortSignal.timeout(PROBE_MS);
  const signal = options.signal ? AbortSignal.any([options.signal, timeout]) : timeout;
  const work = async (): Promise<void> => {
    for (const row of next) {
      const copy = await copyAndProve(store, row, { signal });
      await store.deleteContent(copy.uri);
      objects += 1;
      bytes += copy.size;
    }
  };
  const ended = await Promise.allSettled(Array.from({ length: options.workers }, work));
  options.signal?.throwIfAborted();
  const failed = ended.find((result) => result.status === 'rejected');
  // Time that is up is no failure as long as something was measured.
  if (failed && (!timeout.aborted || objects === 0)) throw failed.reason;
  if (objects === 0) return undefined;
  const seconds = Math.max((performance.now() - started) / 1000, 0.001);
  return {
    objectsPerSecond: objects / seconds,
    bytesPerSecond: bytes / seconds,
    from: { probedObjects: objects, probedBytes: bytes },
  };
}

/**
 * The pace to reckon with: a former run's, which did all of the work for long. One that is not certain yields to the probe
 * when it is so much slower that it must have stood still for a part of its time, or the storage was another then.
 */
export function likelyPace(
  former: Pace | undefined,
  probed: Pace | undefined,
  objects: number,
  bytes: number,
): Pace | undefined {
  if (!former || !probed) return former ?? probed;
  if ('certain' in former.from && former.from.certain) return former;
  return secondsAt(former, objects, bytes) > PLAUSIBLE * secondsAt(probed, objects, bytes) ? probed : former;
}

/**
 * Seconds for so many objects and bytes, by whichever of the two takes longer.
 *
 * @param limit bytes a second that must not be exceeded
 */
export function secondsAt(pace: Pace, objects: number, bytes: number, limit = Infinity): number {
  const bytesPerSecond = Math.min(pace.bytesPerSecond, limit);
  return Math.max(objects / pace.objectsPerSecond, bytesPerSecond > 0 ? bytes / bytesPerSecond : 0);
}

/** Objects from all over the first pages, so that not only one bucket or one size is tried. */
async function sample(store: ObjectStore, places: Places, buckets: string[] | undefined): Promise<ObjectMetadata[]> {
  for await (const page of selectRows(store, places, buckets)) {
    const step = Math.max(1, Math.floor(page.length / PROBE_OBJECTS));
    const chosen: ObjectMetadata[] = [];
    let bytes = 0;
    for (let at = 0; at < page.length && chosen.length < PROBE_OBJECTS; at += step) {
      const row = page[at];
      if (!row || (chosen.length > 0 && bytes + row.storedSize > PROBE_BYTES)) continue;
      chosen.push(row);
      bytes += row.storedSize;
    }
    return chosen;
  }
  return [];
}

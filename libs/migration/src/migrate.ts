import type { DatabaseSettings } from '@kedge/config';
import type { Sql } from '@kedge/database';
import { ObjectStore, type CompressionSettings, type ObjectId, type StorageDriver } from '@kedge/object-store';
import { setMaxListeners } from 'node:events';
import { deleteAbandonedCopies } from './abandoned-copies.js';
import { checkCompleteness } from './completeness.js';
import { MigrationError } from './errors.js';
import type { MoveStep } from './grouped-steps.js';
import type { MigrationTask } from './journal-entry.js';
import { Journal } from './journal.js';
import { MigrationLock } from './lock.js';
import { failureGroups, findMigration, type MigrationRecord } from './migration-records.js';
import { MovePipeline } from './move-pipeline.js';
import { Places } from './places.js';
import { selectRows } from './plan.js';
import { requireServicesStopped } from './running-services.js';
import { Task } from './task.js';

/** One side of a migration. The drivers are initialised and closed by the caller. */
export interface MigrationSide {
  driver: StorageDriver;
  /** The driver's name as the configuration spells it. */
  name: string;
  compression: CompressionSettings;
  /** Section of the configuration: `object_store`, `archive` or `analysis_archive`. */
  section: string;
  /** Absolute path of the configuration file, remembered for `rollback`. */
  configFile?: string;
}

export interface MigrateOptions {
  sql: Sql;
  /** For the connection that holds the lock. */
  database: DatabaseSettings;
  source: MigrationSide;
  destination: MigrationSide;
  /** Only these logical buckets; all when absent. */
  buckets?: string[];
  deleteSource: boolean;
  /** Run although services were heard of a moment ago. */
  force?: boolean;
  /** Take up the last run of the same kind that failed, instead of beginning a new one. */
  retryFailed?: boolean;
  /** The run whose objects are moved back; only those are selected. */
  rollbackOf?: number;
  /** Copies at a time. Default 8. */
  workers?: number;
  /** Bytes of content that are on their way at a time. Default 64 MiB. */
  maxBytesInFlight?: number;
  /** All workers together; no limit when absent. */
  bytesPerSecond?: number;
  signal?: AbortSignal;
  log?: (level: 'INFO' | 'WARN' | 'ERROR', message: string) => void;
  onProgress?: (progress: MigrationProgress) => void;
  onStep?: (step: MoveStep, id: ObjectId) => void;
}

export interface MigrationProgress {
  objects: number;
  totalObjects: number;
  /** Plain bytes. */
  bytes: number;
  totalBytes: number;
  failed: number;
}

export interface MigrationReport {
  record: MigrationRecord;
  /** True when every selected object is proven at the destination (and, unless sources are kept, gone from the source). */
  complete: boolean;
  resumed: boolean;
  objects: number;
  moved: number;
  /** Deleted by somebody while the run went on. */
  gone: number;
  failed: number;
  /** Not tried, because the run stopped before. */
  open: number;
  /** At the destination, but the source could not be deleted. */
  sourcesLeft: number;
  /** Rows that were seen and left alone, because they are in other places. */
  untouched: number;
  /** Plain bytes of the selected objects. */
  bytes: number;
  rootBefore: string;
  rootAfter: string;
  failures: { code: string; objects: number; example: string; message: string }[];
  stopReason?: string;
}

const HEARTBEAT_MS = 5000;
const DEFAULT_WORKERS = 8;
const DEFAULT_BYTES_IN_FLIGHT = 64 * 1024 * 1024;

/**
 * Moves objects from one place to another (architecture: copy, prove, switch the row, delete the source) under the
 * migration lock, with a journal that lets the same command go on after any kind of end.
 *
 * @returns the report, also when objects failed; `complete` says which.
 * @throws MigrationError `locked`, `services_running`, `same_place` before anything was touched; `interrupted` or
 *   `connection_lost` when it had to stop - the journal then keeps the run open.
 */
export async function migrate(options: MigrateOptions): Promise<MigrationReport> {
  const { sql, source, destination } = options;
  const log = options.log ?? (() => undefined);
  const places = new Places(source.driver, destination.driver);
  if (places.same) {
    const message = `source and destination are the same place (${source.driver.place}); there is nothing to move`;
    throw new MigrationError('same_place', message);
  }
  const lock = await MigrationLock.take(options.database);
  try {
    if (!options.force) await requireServicesStopped(sql);
    const { task, resumed } = await takeUp(options);
    log('INFO', `Migration Task Id: ${task.id}${resumed ? ' (resumed)' : ''}`);
    return await run(task, { ...options, log, places, lock, resumed });
  } catch (error) {
    throw await interruption(error, lock.lost, options.signal);
  } finally {
    await lock.release();
  }
}

/** The task to work on: an interrupted run of the same kind, with `retryFailed` a failed one, else a new one. */
async function takeUp(options: MigrateOptions): Promise<{ task: Task; resumed: boolean }> {
  const { sql, source, destination, deleteSource } = options;
  const wanted: MigrationTask = {
    fromDriver: source.name,
    toDriver: destination.name,
    fromPlace: source.driver.place,
    toPlace: destination.driver.place,
    ...(source.configFile ? { fromConfig: source.configFile } : {}),
    ...(destination.configFile ? { toConfig: destination.configFile } : {}),
    fromSection: source.section,
    toSection: destination.section,
    ...(options.buckets ? { buckets: [...options.buckets].sort() } : {}),
    deleteSource,
    ...(options.rollbackOf === undefined ? {} : { rollbackOf: options.rollbackOf }),
    ...(options.bytesPerSecond === undefined ? {} : { bytesPerSecond: options.bytesPerSecond }),
  };
  const former = await Task.find(sql, wanted, { failed: options.retryFailed ?? false });
  if (former === undefined) return { task: await Task.begin(sql, wanted), resumed: false };
  return { task: await Task.resume(sql, former, wanted), resumed: true };
}

type Run = MigrateOptions & {
  places: Places;
  lock: MigrationLock;
  resumed: boolean;
  log: NonNullable<MigrateOptions['log']>;
};

async function run(task: Task, options: Run): Promise<MigrationReport> {
  const { sql, source, destination, places, log, lock } = options;
  const journal = new Journal(sql, task.id);
  const signal = options.signal ? AbortSignal.any([options.signal, lock.lost]) : lock.lost;
  // Every copy on its way listens to it through several streams, so Node's warning of ten listeners means nothing here.
  setMaxListeners(0, signal);
  const store = new ObjectStore({
    driver: destination.driver,
    readers: [source.driver],
    sql,
    compression: destination.compression,
    onGarbage: ({ uri, cause }) => log('WARN', `${uri} could not be deleted: ${(cause as Error).message}`),
  });

  if (options.resumed) {
    const { cleared, failures } = await deleteAbandonedCopies(store, journal);
    if (cleared > 0) log('INFO', `Cleared ${cleared} locations at which the interrupted run may have left copies`);
    for (const { uri, message } of failures) log('WARN', `${uri} could not be deleted: ${message}`);
  }

  let untouched = 0;
  for await (const page of selectRows(store, places, options.buckets, () => (untouched += 1))) {
    signal.throwIfAborted();
    await journal.select(page, options.rollbackOf);
  }
  const planned = await journal.planned(untouched);
  const start = await journal.counts();
  const progress: MigrationProgress = {
    objects: start.switched + start.deleted + start.gone,
    totalObjects: planned.objects,
    bytes: 0,
    totalBytes: planned.bytes,
    failed: 0,
  };
  log('INFO', 'Entering main migration loop');
  log('INFO', `Migrating ${planned.objects} documents`);

  const report = (): void => options.onProgress?.({ ...progress });
  // Room is freed in one go when a place is left empty. What stays behind would have it freed piece by piece at the end.
  const roomLater = options.deleteSource && !options.buckets && source.driver.reclaim !== undefined;
  const pipeline = new MovePipeline(store, places, journal, sql, {
    workers: options.workers ?? DEFAULT_WORKERS,
    maxBytesInFlight: options.maxBytesInFlight ?? DEFAULT_BYTES_IN_FLIGHT,
    bytesPerSecond: options.bytesPerSecond,
    deleteSource: options.deleteSource,
    roomLater,
    signal,
    log,
    onMoved: (bytes) => {
      progress.objects += 1;
      progress.bytes += bytes;
      report();
    },
    onFailed: () => {
      progress.failed += 1;
      report();
    },
    onStep: options.onStep,
  });
  // A heartbeat that fails is noticed by the lock's own connection or by the next statement.
  const heartbeat = setInterval(() => void task.heartbeat(progress.objects).catch(() => undefined), HEARTBEAT_MS);
  let stopReason: string | undefined;
  try {
    report();
    stopReason = await whyItGaveUp(pipeline.run());
    if (roomLater) await reclaim(store, log, signal);
  } catch (error) {
    if (!lock.lost.aborted) await task.heartbeat(progress.objects);
    throw error;
  } finally {
    clearInterval(heartbeat);
  }
  return finish(task, journal, options, { untouched, bytes: planned.bytes, stopReason });
}

/** Waits for a run to end; answers the reason when it ended early because too much failed. */
async function whyItGaveUp(run: Promise<void>): Promise<string | undefined> {
  try {
    await run;
    return undefined;
  } catch (error) {
    if (error instanceof MigrationError && error.code === 'gave_up') return error.message;
    throw error;
  }
}

/** Nothing is lost when this fails: the contents cannot be read any more, and the driver's next `init` frees their room. */
async function reclaim(store: ObjectStore, log: Run['log'], signal: AbortSignal): Promise<void> {
  log('INFO', 'Freeing the room of deleted content');
  try {
    await store.reclaim({ signal });
  } catch (error) {
    log('WARN', `The room of deleted content is not free yet: ${(error as Error).message}`);
  }
}

async function finish(
  task: Task,
  journal: Journal,
  options: Run,
  found: { untouched: number; bytes: number; stopReason: string | undefined },
): Promise<MigrationReport> {
  const { sql, places, log, deleteSource } = options;
  const proof = await checkCompleteness(journal, places);
  const counts = await journal.counts();
  const open = counts.pending + counts.copied + counts.verified;
  const sourcesLeft = deleteSource ? counts.switched : 0;
  const moved = counts.switched + counts.deleted;
  const complete = counts.failed === 0 && open === 0 && sourcesLeft === 0;
  await task.end(complete ? 'complete' : 'failed', {
    moved,
    before: proof.before,
    after: proof.after,
    ...(found.stopReason === undefined ? {} : { reason: found.stopReason }),
  });
  const ended = await findMigration(sql, journal.taskId);
  if (!ended) throw new MigrationError('unknown_migration', `migration ${journal.taskId} vanished from the journal`);
  log(complete ? 'INFO' : 'ERROR', `Migration result summary: ${JSON.stringify(ended.record)}`);
  return {
    record: ended.record,
    complete,
    resumed: options.resumed,
    objects: counts.gone + moved + counts.failed + open,
    moved,
    gone: counts.gone,
    failed: counts.failed,
    open,
    sourcesLeft,
    untouched: found.untouched,
    bytes: found.bytes,
    rootBefore: proof.before,
    rootAfter: proof.after,
    failures: await failureGroups(sql, journal.taskId),
    ...(found.stopReason === undefined ? {} : { stopReason: found.stopReason }),
  };
}

/** Why a run ended without a report: stopped by the operator, by the loss of the database, or by a fault. */
async function interruption(error: unknown, lost: AbortSignal, signal: AbortSignal | undefined): Promise<unknown> {
  if (error instanceof MigrationError) return error;
  if (signal?.aborted) {
    return new MigrationError('interrupted', 'interrupted; run the same command again to go on', error);
  }
  // Other connections may notice the end of the server a moment before the lock's does.
  if (!lost.aborted) await new Promise((resolve) => setTimeout(resolve, 500));
  return lost.aborted ? lost.reason : error;
}

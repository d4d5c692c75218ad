import type { Sql } from '@kedge/database';
import {
  describeObject,
  randomUnique,
  type ObjectId,
  type ObjectMetadata,
  type ObjectStore,
  type StoredObject,
} from '@kedge/object-store';
import { ByteBudget, RateLimit } from './byte-budget.js';
import { MigrationError, type MoveFailure } from './errors.js';
import { GroupedSteps, sha256Of, type StepOptions } from './grouped-steps.js';
import type { JournalEntry } from './journal-entry.js';
import type { Journal } from './journal.js';
import { copyAndProve, prove, toMoveFailure } from './move-object.js';
import type { Places } from './places.js';

export interface PipelineOptions extends StepOptions {
  workers: number;
  maxBytesInFlight: number;
  bytesPerSecond?: number | undefined;
  signal: AbortSignal;
  onFailed: () => void;
}

const PAGE = 500;
/** Rounds over the journal. A further one is only needed for objects that changed while they were copied. */
const ROUNDS = 5;
/** So many failures of one kind that is not the object's own fault, one after the other, end the run. */
const PATIENCE = 25;
const NOT_THE_OBJECT = /_(unavailable|access_denied|no_space|invalid_config)$/;

/**
 * Works through a journal: copies and proves with a number of workers, switches rows in groups by compare-and-swap, and
 * deletes what the rows pointed to, in groups, after the switch is committed. All steps can be repeated, so it does not
 * matter where an earlier run ended.
 */
export class MovePipeline {
  private readonly budget: ByteBudget;
  private readonly rate: RateLimit | undefined;
  private readonly groups: GroupedSteps;
  private failuresInARow = 0;

  constructor(
    private readonly store: ObjectStore,
    private readonly places: Places,
    private readonly journal: Journal,
    sql: Sql,
    private readonly options: PipelineOptions,
  ) {
    this.budget = new ByteBudget(options.maxBytesInFlight);
    this.rate = options.bytesPerSecond ? new RateLimit(options.bytesPerSecond, options.signal) : undefined;
    this.groups = new GroupedSteps(store, journal, sql, options);
  }

  /**
   * Moves everything that is open. Objects that fail are recorded and passed over.
   *
   * @throws MigrationError `gave_up`; the reason of the signal; errors of the database.
   */
  async run(): Promise<void> {
    for (let round = 1; round <= ROUNDS; round += 1) {
      const seen = await this.round();
      if (seen === 0) return;
    }
    for await (const entry of this.entries()) {
      if (entry.state === 'switched') continue;
      const message = `changed during each of ${ROUNDS} attempts; stop what writes it and run again`;
      await this.recordFailure(entry, { code: 'changed_too_often', message });
    }
    await this.groups.drain();
  }

  private async round(): Promise<number> {
    const entries = this.entries();
    let seen = 0;
    const work = async (): Promise<void> => {
      for (;;) {
        const next = await entries.next();
        if (next.done) return;
        seen += 1;
        this.options.signal.throwIfAborted();
        await this.move(next.value);
      }
    };
    const workers = Array.from({ length: this.options.workers }, work);
    const ended = await Promise.allSettled(workers);
    const failed = ended.find((result) => result.status === 'rejected');
    // What was proven is switched and recorded even when the run has to stop.
    const drained = await Promise.allSettled([this.groups.drain()]);
    if (failed) throw failed.reason;
    if (drained[0].status === 'rejected') throw drained[0].reason;
    return seen;
  }

  /** Open objects with their rows as they are now. Consumers may pull at the same time. */
  private async *entries(): AsyncGenerator<JournalEntry> {
    for (let after = '0'; ;) {
      const page = await this.journal.open(after, PAGE, this.options.deleteSource);
      const rows = await this.store.statMany(page.map((entry) => entry.id));
      const byName = new Map(rows.map((row) => [nameOf(row), row]));
      const entries = page.map((entry): JournalEntry => ({ ...entry, row: byName.get(nameOf(entry.id)) }));
      await this.intend(entries.filter(({ row }) => row !== undefined && this.places.isSource(row.uri)));
      yield* entries;
      const last = page.at(-1);
      if (!last || page.length < PAGE) return;
      after = last.seq;
    }
  }

  /** Gives each entry a location for its copy, and has the journal know it before a copy can begin. */
  private async intend(entries: JournalEntry[]): Promise<void> {
    const { driver } = this.store;
    if (!driver.locate) return;
    for (const entry of entries) entry.unique = randomUnique();
    const copies = entries.map(({ seq, id, unique = '' }) => ({ seq, uris: driver.locate?.({ ...id, unique }) ?? [] }));
    await this.groups.inTurn(() => this.journal.intended.add(copies));
  }

  /** The location that was intended; for further attempts others, which have to be written down one by one. */
  private async uniqueOf(entry: JournalEntry): Promise<string> {
    if (entry.unique === undefined) await this.intend([entry]);
    const unique = entry.unique ?? randomUnique();
    delete entry.unique;
    return unique;
  }

  private async move(entry: JournalEntry): Promise<void> {
    const { row } = entry;
    if (!row) return this.leave(entry);
    if (this.places.isDestination(row.uri)) return this.clean(entry);
    if (!this.places.isSource(row.uri)) {
      return this.recordFailure(entry, { code: 'moved_elsewhere', message: `its content is now at ${row.uri}` });
    }
    const giveBack = await this.budget.take(row.storedSize);
    try {
      const copy = await this.copyOf(entry, row);
      this.failuresInARow = 0;
      await this.groups.switch({ entry, row, copy });
    } catch (error) {
      this.options.signal.throwIfAborted();
      // Content that was replaced or deleted while it was read is no failure; the next round sees what is there now.
      if ((await this.store.stat(entry.id))?.uri !== row.uri) return;
      const failure = toMoveFailure(error, 'destination');
      await this.recordFailure(entry, failure);
      this.losePatience(failure);
    } finally {
      giveBack();
    }
  }

  /** The proven copy of an earlier attempt when it is one of the present content, else a new one. */
  private async copyOf(entry: JournalEntry, row: ObjectMetadata): Promise<StoredObject> {
    const { signal, onStep } = this.options;
    const changed = row.uri !== entry.sourceUri;
    if (entry.copy) {
      const usable = !changed && (await prove(this.store, entry.copy, signal).then(yes, no));
      if (usable) return entry.copy;
      await this.store.deleteContent(entry.copy.uri);
    }
    const source = changed ? { sourceUri: row.uri, ...sha256Of(row) } : {};
    const copied = (copy: StoredObject): void => {
      onStep?.('copied', entry.id);
      // Not awaited: a full batch only means that the record comes a moment later.
      void this.groups.record({ seq: entry.seq, state: 'copied', copy, ...source }).catch(no);
    };
    const unique = (): Promise<string> => this.uniqueOf(entry);
    const copy = await copyAndProve(this.store, row, { signal, rate: this.rate, unique, onCopied: copied });
    onStep?.('verified', entry.id);
    await this.groups.record({ seq: entry.seq, state: 'verified', copy, ...source });
    return copy;
  }

  /** The object is gone: so must be a copy of it and, if the row's deleter could not, its content. */
  private async leave(entry: JournalEntry): Promise<void> {
    if (entry.copy) await this.store.deleteContent(entry.copy.uri);
    await this.groups.record({ seq: entry.seq, state: 'gone' });
  }

  /** The row points to the destination: an earlier attempt got that far, or somebody wrote the object there. */
  private async clean(entry: JournalEntry): Promise<void> {
    if (entry.copy && entry.copy.uri !== entry.row?.uri) await this.store.deleteContent(entry.copy.uri);
    if (entry.state !== 'switched') this.options.onMoved(entry.row?.size ?? 0);
    if (this.options.deleteSource)
      await this.groups.deleteSource({ seq: entry.seq, id: entry.id, uri: entry.sourceUri });
    else await this.groups.record({ seq: entry.seq, state: 'switched' });
  }

  private async recordFailure(entry: JournalEntry, failure: { code: string; message: string }): Promise<void> {
    this.options.log('ERROR', `Error migrating ${describeObject(entry.id)} (${entry.sourceUri}): ${failure.message}`);
    this.options.onFailed();
    await this.groups.record({ seq: entry.seq, state: 'failed', reasonCode: failure.code, reason: failure.message });
  }

  private losePatience(failure: MoveFailure): void {
    if (!NOT_THE_OBJECT.test(failure.code)) return;
    this.failuresInARow += 1;
    if (this.failuresInARow < PATIENCE) return;
    throw new MigrationError(
      'gave_up',
      `${PATIENCE} objects in a row failed (${failure.code}): ${failure.message}`,
      failure,
    );
  }
}

const yes = (): boolean => true;
const no = (): boolean => false;

function nameOf(id: ObjectId): string {
  return JSON.stringify([id.account, id.bucket, id.key]);
}

import type { Sql } from '@kedge/database';
import {
  describeObject,
  type ObjectId,
  type ObjectMetadata,
  type ObjectStore,
  type StoredObject,
} from '@kedge/object-store';
import { Batch } from './batch.js';
import type { JournalEntry, ObjectUpdate } from './journal-entry.js';
import type { Journal } from './journal.js';

/** Moments of a move, for tests that end the process there. Each is after the act and before it is recorded. */
export type MoveStep = 'copied' | 'verified' | 'switched' | 'deleted';

export interface StepOptions {
  deleteSource: boolean;
  /** The caller has the drivers reclaim the room of deleted content in the end. */
  roomLater: boolean;
  log: (level: 'INFO' | 'WARN' | 'ERROR', message: string) => void;
  onMoved: (bytes: number) => void;
  onStep?: ((step: MoveStep, id: ObjectId) => void) | undefined;
}

export interface Proven {
  entry: JournalEntry;
  row: ObjectMetadata;
  copy: StoredObject;
}

export interface Leftover {
  seq: string;
  id: ObjectId;
  uri: string;
}

const GROUP = 128;
const GROUP_DELAY_MS = 200;
/** Groups of sources that are deleted at a time: a server may need seconds for one. */
const DELETES = 4;

/**
 * The steps of a move that are made for many objects by one statement or call: what the journal is told, the switch of
 * rows to proven copies, and the deletion of what they pointed to, which begins when the switch is committed.
 */
export class GroupedSteps {
  private readonly recorder: Batch<ObjectUpdate>;
  private readonly switcher: Batch<Proven>;
  private readonly deleter: Batch<Leftover>;
  private journalTurn: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly store: ObjectStore,
    private readonly journal: Journal,
    private readonly sql: Sql,
    private readonly options: StepOptions,
  ) {
    this.recorder = new Batch(GROUP, GROUP_DELAY_MS, (updates) =>
      this.inTurn(() => this.journal.record(latest(updates))),
    );
    this.switcher = new Batch(GROUP, GROUP_DELAY_MS, (group) => this.switchRows(group));
    this.deleter = new Batch(GROUP, GROUP_DELAY_MS, (group) => this.deleteSources(group), DELETES);
  }

  /** Has the journal know how far an object got. Resolves before it does. */
  record(update: ObjectUpdate): Promise<void> {
    return this.recorder.add(update);
  }

  /** Has the object's row point to its copy, unless the row has changed. Resolves before it does. */
  switch(proven: Proven): Promise<void> {
    return this.switcher.add(proven);
  }

  /** Deletes content that no row points to any more. Resolves before it is gone. */
  deleteSource(leftover: Leftover): Promise<void> {
    return this.deleter.add(leftover);
  }

  /** Works off all that was added. */
  async drain(): Promise<void> {
    await this.switcher.drain();
    await this.deleter.drain();
    await this.recorder.drain();
  }

  /** Writes to the journal one after the other: two statements that touch the same rows could block each other for ever. */
  inTurn<T>(write: () => Promise<T>): Promise<T> {
    const written = this.journalTurn.then(write);
    this.journalTurn = written.catch(() => undefined); // whoever waits for this write gets its error
    return written;
  }

  private async switchRows(group: Proven[]): Promise<void> {
    await this.recorder.drain(); // what was recorded of these objects before must not come after the switch
    const switched = await this.inTurn(() =>
      this.sql.transaction(async (tx) => {
        await this.journal.requireOwn(tx);
        const positions = await this.store.switchLocations(
          group.map(({ row, copy }) => ({ before: row, content: copy })),
          tx,
        );
        const done = new Set(positions);
        const updates = group
          .filter((_, position) => done.has(position))
          .map(({ entry, row, copy }) => ({
            seq: entry.seq,
            state: 'switched' as const,
            copy,
            ...(row.uri === entry.sourceUri ? {} : { sourceUri: row.uri, ...sha256Of(row) }),
          }));
        await this.journal.record(updates, tx);
        return done;
      }),
    );
    for (const [position, { entry, row, copy }] of group.entries()) {
      if (!switched.has(position)) {
        // Changed or deleted since it was read: the copy is of no use, the next round sees what is there now.
        this.options.log('INFO', `${describeObject(entry.id)} changed while it was copied; it is copied again`);
        await this.deleter.add({ seq: '0', id: entry.id, uri: copy.uri });
        continue;
      }
      this.options.onStep?.('switched', entry.id);
      this.options.onMoved(row.size);
      if (this.options.deleteSource) await this.deleter.add({ seq: entry.seq, id: entry.id, uri: row.uri });
    }
  }

  private async deleteSources(group: Leftover[]): Promise<void> {
    const failures = await this.store.deleteContents(
      group.map(({ uri }) => uri),
      { roomLater: this.options.roomLater },
    );
    const failed = new Map(failures.map(({ uri, error }) => [uri, error.message]));
    for (const { id } of group) this.options.onStep?.('deleted', id);
    const updates = group
      .filter(({ seq }) => seq !== '0')
      .map(({ seq, uri }): ObjectUpdate => {
        const reason = failed.get(uri);
        return reason === undefined
          ? { seq, state: 'deleted' }
          : { seq, state: 'switched', reasonCode: 'source_not_deleted', reason };
      });
    for (const [uri, message] of failed)
      this.options.log('ERROR', `${uri} was moved and could not be deleted: ${message}`);
    await this.inTurn(() => this.journal.record(updates));
  }
}

/** What the journal keeps of a source's digest; the old system's MD5 says nothing of the plain bytes. */
export function sha256Of(row: ObjectMetadata): { sourceDigest?: string } {
  return row.digest?.startsWith('sha256:') ? { sourceDigest: row.digest } : {};
}

/** One update an object, the last one, since a statement may touch a row only once. */
function latest(updates: ObjectUpdate[]): ObjectUpdate[] {
  return [...new Map(updates.map((update) => [update.seq, update])).values()];
}

import { setImmediate as nextTurn } from 'node:timers/promises';

/** Longest run without a turn of the event loop. Milliseconds. */
const MAX_RUN = 10;

/** Lets others have the event loop in a loop whose awaits may all be fulfilled already. */
export class FairTurns {
  private since = performance.now();

  /** Call it between pieces of work of less than a millisecond. */
  async next(): Promise<void> {
    if (performance.now() - this.since < MAX_RUN) return;
    await nextTurn();
    this.since = performance.now();
  }
}

import type { MigrationProgress } from '@kedge/migration';
import { SingleBar } from 'cli-progress';
import type { WriteStream } from 'node:tty';
import { formatBytes } from '../command/byte-size.js';
import { formatDuration } from '../command/duration.js';

const PLAIN_LINE_MS = 10_000;
/** What stands beside the bar, with numbers of seven digits. */
const BESIDE_BAR = 66;
const [SHORTEST_BAR, LONGEST_BAR] = [5, 40];
/** The cursor's present place is the one that the end of the bar goes back to. */
const SAVE_CURSOR = '\x1b7';

/** A bar with rate and time to go on a terminal, a plain line every ten seconds elsewhere. */
export class MigrationProgressBar {
  private readonly bar: SingleBar | undefined;
  private readonly started = Date.now();
  /** Objects that were at the destination before this run. */
  private before: number | undefined;
  private lastLine = Date.now();
  private running = false;

  constructor(private readonly stream: WriteStream) {
    if (!stream.isTTY) return;
    this.bar = new SingleBar({
      stream,
      format: '{bar} {percentage}% | {value}/{total} | {rate}/s | {left} to go | {failed} failed',
      barsize: Math.min(LONGEST_BAR, Math.max(SHORTEST_BAR, (stream.columns || 80) - BESIDE_BAR)),
      hideCursor: true,
      clearOnComplete: true,
      gracefulExit: false, // a run that is interrupted ends in order, and stops its bar then
    });
    process.once('exit', this.stop); // the terminal gets its cursor back also when the process is ended at once
  }

  update(progress: MigrationProgress): void {
    const { objects, totalObjects, failed } = progress;
    this.before ??= objects;
    const seconds = Math.max((Date.now() - this.started) / 1000, 0.001);
    const rate = formatBytes(Math.round(progress.bytes / seconds));
    const open = Math.max(totalObjects - objects - failed, 0);
    const left = formatDuration((seconds / (objects - this.before)) * open);
    if (this.bar) {
      const payload = { rate, left, failed };
      if (!this.running) this.bar.start(totalObjects, objects, payload);
      this.running = true;
      this.bar.update(objects, payload);
      return;
    }
    if (Date.now() - this.lastLine < PLAIN_LINE_MS) return;
    this.lastLine = Date.now();
    this.stream.write(`${objects} of ${totalObjects} objects, ${rate}/s, ${left} to go, ${failed} failed\n`);
  }

  /** Prints something else without disturbing the bar. */
  aside(print: () => void): void {
    const barShows = this.bar !== undefined && this.running;
    if (barShows) this.stream.write('\r\x1b[K');
    print();
    if (barShows) this.stream.write(SAVE_CURSOR);
  }

  readonly stop = (): void => {
    process.off('exit', this.stop);
    if (this.running) this.bar?.stop();
    this.running = false;
  };
}

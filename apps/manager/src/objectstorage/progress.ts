import type { MigrationProgress } from '@kedge/migration';
import { SingleBar } from 'cli-progress';
import type { WriteStream } from 'node:tty';
import { formatBytes } from '../command/byte-size.js';

const PLAIN_LINE_MS = 10_000;

/** A bar with rate and time to go on a terminal, a plain line every ten seconds elsewhere. */
export class MigrationProgressBar {
  private readonly bar: SingleBar | undefined;
  private readonly started = Date.now();
  private lastLine = Date.now();
  private running = false;

  constructor(private readonly stream: WriteStream) {
    if (!stream.isTTY) return;
    this.bar = new SingleBar({
      stream,
      format: '{bar} {percentage}% | {value}/{total} objects | {rate}/s | {eta_formatted} to go | {failed} failed',
      hideCursor: true,
      clearOnComplete: true,
      etaBuffer: 200,
    });
  }

  update(progress: MigrationProgress): void {
    const seconds = Math.max((Date.now() - this.started) / 1000, 0.001);
    const rate = formatBytes(Math.round(progress.bytes / seconds));
    const { objects, totalObjects, failed } = progress;
    if (this.bar) {
      if (!this.running) this.bar.start(totalObjects, objects, { rate, failed });
      this.running = true;
      this.bar.update(objects, { rate, failed });
      return;
    }
    if (Date.now() - this.lastLine < PLAIN_LINE_MS) return;
    this.lastLine = Date.now();
    const left = objects > 0 ? Math.round((seconds / objects) * (totalObjects - objects)) : undefined;
    const eta = left === undefined ? '' : `, about ${left} s to go`;
    this.stream.write(`${objects} of ${totalObjects} objects, ${rate}/s, ${failed} failed${eta}\n`);
  }

  /** Prints something else without disturbing the bar. */
  aside(print: () => void): void {
    if (this.bar && this.running) this.stream.write('\r\x1b[K');
    print();
  }

  stop(): void {
    if (this.running) this.bar?.stop();
    this.running = false;
  }
}

/**
 * Collects items and hands them over in groups: as soon as `size` are there, or `delay` milliseconds after the first.
 * `atOnce` groups are worked on at a time, by default one; whoever adds to a full batch waits. An error of the work is
 * thrown to everyone who adds or drains afterwards.
 */
export class Batch<T> {
  private items: T[] = [];
  private timer: NodeJS.Timeout | undefined;
  private readonly running = new Set<Promise<void>>();
  private failure: { error: unknown } | undefined;

  constructor(
    private readonly size: number,
    private readonly delay: number,
    private readonly work: (items: T[]) => Promise<void>,
    private readonly atOnce = 1,
  ) {}

  async add(item: T): Promise<void> {
    this.check();
    this.items.push(item);
    this.next();
    while (this.items.length >= this.size * 2 && this.running.size > 0) await Promise.race(this.running);
    this.check();
  }

  /** Works off all that was added; after a failure, only what was begun. */
  async drain(): Promise<void> {
    for (;;) {
      this.start(1);
      if (this.running.size === 0) return this.check();
      await Promise.race(this.running);
    }
  }

  /** Full groups now, the rest after a while. */
  private next(): void {
    this.start(this.size);
    if (this.items.length > 0) this.timer ??= setTimeout(() => this.start(1), this.delay);
  }

  /** Begins as many groups of `least` items or more as may run. */
  private start(least: number): void {
    if (least === 1) {
      clearTimeout(this.timer);
      this.timer = undefined;
    }
    while (this.running.size < this.atOnce && this.items.length >= least && !this.failure) {
      const group = this.work(this.items.splice(0, this.size))
        .catch((error: unknown) => {
          this.failure = { error };
        })
        .finally(() => {
          this.running.delete(group);
          this.next();
        });
      this.running.add(group);
    }
  }

  private check(): void {
    if (this.failure) throw this.failure.error;
  }
}

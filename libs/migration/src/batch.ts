/**
 * Collects items and hands them over in groups: as soon as `size` are there, or `delay` milliseconds after the first.
 * One group is worked on at a time; whoever adds to a full batch waits. An error of the work is thrown to everyone who
 * adds or drains afterwards.
 */
export class Batch<T> {
  private items: T[] = [];
  private timer: NodeJS.Timeout | undefined;
  private running: Promise<void> | undefined;
  private failure: { error: unknown } | undefined;

  constructor(
    private readonly size: number,
    private readonly delay: number,
    private readonly work: (items: T[]) => Promise<void>,
  ) {}

  async add(item: T): Promise<void> {
    this.check();
    this.items.push(item);
    if (this.items.length >= this.size) this.start();
    else this.timer ??= setTimeout(() => this.start(), this.delay);
    while (this.items.length >= this.size * 2 && this.running) await this.running;
    this.check();
  }

  /** Works off all that was added. */
  async drain(): Promise<void> {
    for (;;) {
      if (this.running) await this.running;
      this.check();
      if (this.items.length === 0) return;
      this.start();
    }
  }

  private start(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    if (this.running || this.items.length === 0 || this.failure) return;
    const group = this.items.splice(0, this.size);
    this.running = this.work(group)
      .catch((error: unknown) => {
        this.failure = { error };
      })
      .finally(() => {
        this.running = undefined;
        if (this.items.length >= this.size) this.start();
        else if (this.items.length > 0) this.timer ??= setTimeout(() => this.start(), this.delay);
      });
  }

  private check(): void {
    if (this.failure) throw this.failure.error;
  }
}

import { setTimeout as pause } from 'node:timers/promises';

/** Lets at most so many bytes be in flight. One object larger than the whole budget may go alone. */
export class ByteBudget {
  private used = 0;
  private readonly waiting: { bytes: number; go: () => void }[] = [];

  constructor(private readonly limit: number) {}

  /** Waits for room, first come first served. The answer gives it back. */
  async take(bytes: number): Promise<() => void> {
    const wanted = Math.min(bytes, this.limit);
    if (this.waiting.length > 0 || this.used + wanted > this.limit) {
      await new Promise<void>((go) => this.waiting.push({ bytes: wanted, go }));
    } else {
      this.used += wanted;
    }
    let given = false;
    return () => {
      if (given) return;
      given = true;
      this.used -= wanted;
      this.next();
    };
  }

  private next(): void {
    for (let first = this.waiting[0]; first && this.used + first.bytes <= this.limit; first = this.waiting[0]) {
      this.waiting.shift();
      this.used += first.bytes;
      first.go();
    }
  }
}

/**
 * Slows streams down to so many bytes a second, all together. Bursts of up to a quarter second pass. A stream that waits
 * when the signal fires ends with an AbortError at once, however long the wait was to be.
 */
export class RateLimit {
  private free = 0;
  private at = performance.now();

  constructor(
    private readonly bytesPerSecond: number,
    private readonly signal: AbortSignal,
  ) {}

  /** @throws an AbortError */
  async *slow(source: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
    for await (const chunk of source) {
      const now = performance.now();
      this.free = Math.min(this.free + ((now - this.at) / 1000) * this.bytesPerSecond, this.bytesPerSecond / 4);
      this.at = now;
      this.free -= chunk.length;
      if (this.free < 0) {
        await pause((-this.free / this.bytesPerSecond) * 1000, undefined, { signal: this.signal });
      }
      yield chunk;
    }
  }
}

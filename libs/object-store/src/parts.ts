import type { Readable } from 'node:stream';

/**
 * Cuts a body of unknown length into parts of `size` bytes, the last one shorter. First ask for {@link whole}; when it
 * is longer than a part, send it with {@link sendParts}.
 */
export class PartReader {
  private readonly source: AsyncIterator<Buffer | string>;
  private pending: Buffer[] = [];
  private ended = false;

  constructor(
    readonly body: Readable,
    readonly size: number,
  ) {
    this.source = body[Symbol.asyncIterator]() as AsyncIterator<Buffer | string>;
  }

  /** The whole body if it fits into a part; else undefined, and nothing of it is lost. Rejects with the body's error. */
  async whole(): Promise<Buffer | undefined> {
    let length = 0;
    while (length <= this.size) {
      const chunk = await this.chunk();
      if (!chunk) {
        const bytes = this.pending.length === 1 ? this.pending[0] : Buffer.concat(this.pending, length);
        this.pending = [];
        return bytes;
      }
      this.pending.push(chunk);
      length += chunk.length;
    }
    return undefined;
  }

  /** Fills the buffer as far as the body reaches. @returns bytes written; 0 at the end */
  async fill(buffer: Buffer): Promise<number> {
    let length = 0;
    while (length < buffer.length) {
      const chunk = this.pending.shift() ?? (await this.chunk());
      if (!chunk) break;
      const copied = chunk.copy(buffer, length);
      length += copied;
      if (copied < chunk.length) this.pending.unshift(chunk.subarray(copied));
    }
    return length;
  }

  private async chunk(): Promise<Buffer | undefined> {
    if (this.ended) return undefined;
    const next = await this.source.next();
    if (!next.done) return typeof next.value === 'string' ? Buffer.from(next.value) : next.value;
    this.ended = true;
    return undefined;
  }
}

/**
 * Sends the parts of a body, up to `atOnce` at the same time. Memory: `atOnce + 1` buffers of a part, used again and
 * again. When one part fails, the body is destroyed, the others are stopped by `signal` and waited for.
 *
 * @param send gets the bytes, valid until it settles, the number counted from 1 and the signal to end early
 * @returns what `send` gave, in the order of the parts
 */
export async function sendParts<T>(
  reader: PartReader,
  options: { atOnce: number; signal?: AbortSignal | undefined },
  send: (bytes: Buffer, number: number, signal: AbortSignal) => Promise<T>,
): Promise<T[]> {
  const stop = new AbortController();
  const signal = options.signal ? AbortSignal.any([options.signal, stop.signal]) : stop.signal;
  const results: T[] = [];
  const free: Buffer[] = [];
  const running = new Set<Promise<void>>();
  const fail = (error: unknown): void => {
    if (stop.signal.aborted) return;
    stop.abort(error);
    reader.body.destroy(); // ends waiting for it
  };
  const start = (buffer: Buffer, length: number, index: number): void => {
    const sent = send(buffer.subarray(0, length), index + 1, signal)
      .then((result) => {
        results[index] = result;
        free.push(buffer);
      }, fail)
      .finally(() => running.delete(sent));
    running.add(sent);
  };
  try {
    for (let index = 0; ; index++) {
      while (running.size >= options.atOnce) await Promise.race(running);
      const buffer = free.pop() ?? Buffer.allocUnsafeSlow(reader.size);
      const length = await reader.fill(buffer);
      if (length === 0 || stop.signal.aborted) break;
      start(buffer, length, index);
    }
  } catch (error) {
    fail(error);
  }
  await Promise.all(running);
  stop.signal.throwIfAborted();
  return results;
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;
const OPEN_ARRAY = 0x5b;
const CLOSE_ARRAY = 0x5d;

/** The text is no JSON, or one value in it is longer than allowed. */
export class JsonSourceError extends Error {
  override readonly name = 'JsonSourceError';
}

/**
 * Reads a JSON text (RFC 8259) piece by piece from a stream of bytes, so that members of a large object can be looked at
 * one after another. Values that are skipped are only balanced, not checked.
 */
export class JsonSource {
  private readonly chunks: AsyncIterator<Buffer>;
  private chunk: Buffer = Buffer.alloc(0);
  private at = 0;

  constructor(bytes: AsyncIterable<Buffer>) {
    this.chunks = bytes[Symbol.asyncIterator]();
  }

  /** Reads to the end, so that the source can prove what it gave. */
  async finish(): Promise<void> {
    while (!(await this.chunks.next()).done);
  }

  /** Gives up; the source is closed. */
  async close(): Promise<void> {
    await this.chunks.return?.();
  }

  /** The next byte that is no white space, which stays unread; -1 at the end. */
  async peek(): Promise<number> {
    for (;;) {
      while (this.at < this.chunk.length) {
        const byte = this.chunk[this.at] as number;
        if (byte > 0x20) return byte;
        this.at += 1;
      }
      if (!(await this.more())) return -1;
    }
  }

  /** Takes one punctuation mark. */
  async take(mark: string): Promise<void> {
    const byte = await this.peek();
    if (byte !== mark.charCodeAt(0)) {
      throw new JsonSourceError(byte < 0 ? 'the JSON text ends too early' : `'${mark}' is missing in the JSON text`);
    }
    this.at += 1;
  }

  /** True and taken when the mark is next. */
  async takeIf(mark: string): Promise<boolean> {
    if ((await this.peek()) !== mark.charCodeAt(0)) return false;
    this.at += 1;
    return true;
  }

  /** Parses the next value. @throws JsonSourceError when it is longer than `maxBytes`. */
  async value(maxBytes: number): Promise<unknown> {
    const parts: Buffer[] = [];
    let bytes = 0;
    await this.scan((part) => {
      bytes += part.length;
      if (bytes > maxBytes) throw new JsonSourceError(`a value is longer than ${maxBytes} bytes`);
      parts.push(part);
    });
    try {
      return JSON.parse((parts.length === 1 ? (parts[0] as Buffer) : Buffer.concat(parts)).toString('utf8'));
    } catch {
      throw new JsonSourceError('a value in the JSON text is malformed');
    }
  }

  /** Passes over the next value. */
  async skip(): Promise<void> {
    await this.scan(() => undefined);
  }

  /** Finds the end of the next value and hands its bytes over. */
  private async scan(take: (part: Buffer) => void): Promise<void> {
    let depth = 0;
    let inString = false;
    let escaped = false;
    if ((await this.peek()) < 0) throw new JsonSourceError('the JSON text ends too early');
    for (let started = false; ;) {
      const { chunk } = this;
      const start = this.at;
      let at = start;
      let done = false;
      for (; at < chunk.length && !done; at += 1) {
        const byte = chunk[at] as number;
        if (inString) {
          if (escaped) escaped = false;
          else if (byte === BACKSLASH) escaped = true;
          else if (byte === QUOTE) {
            inString = false;
            done = depth === 0;
          }
        } else if (byte === QUOTE) inString = true;
        else if (byte === OPEN_OBJECT || byte === OPEN_ARRAY) depth += 1;
        else if (byte === CLOSE_OBJECT || byte === CLOSE_ARRAY) {
          if (depth === 0) break; // ends the number or word before it
          depth -= 1;
          done = depth === 0;
        } else if (depth === 0 && started && (byte === COMMA || byte <= 0x20)) break;
        started = true;
      }
      const ended = done || at < chunk.length;
      this.at = at;
      if (at > start) take(chunk.subarray(start, at));
      if (ended) return;
      if (await this.more()) continue;
      if (depth === 0 && !inString) return; // a number or word at the end of the text
      throw new JsonSourceError('the JSON text ends too early');
    }
  }

  private async more(): Promise<boolean> {
    const next = await this.chunks.next();
    if (next.done) return false;
    this.chunk = next.value;
    this.at = 0;
    return true;
  }
}

/** Bytes with a meaning in JSON text. */
export const BYTE = {
  quote: 0x22,
  backslash: 0x5c,
  comma: 0x2c,
  colon: 0x3a,
  openObject: 0x7b,
  closeObject: 0x7d,
  openArray: 0x5b,
  closeArray: 0x5d,
} as const;

/** Where the first byte that is no white space is; the buffer's length when there is none. */
export function skipSpace(bytes: Buffer, from: number): number {
  let at = from;
  while (at < bytes.length) {
    const byte = bytes[at] as number;
    if (byte !== 0x20 && byte !== 0x0a && byte !== 0x0d && byte !== 0x09) break;
    at += 1;
  }
  return at;
}

/** Behind the string whose opening quote is at `start`; -1 when it is not complete. */
export function scanString(bytes: Buffer, start: number): number {
  let at = start + 1;
  const { length } = bytes;
  while (at < length) {
    const byte = bytes[at] as number;
    if (byte === BYTE.quote) return at + 1;
    at += byte === BYTE.backslash ? 2 : 1;
  }
  return -1;
}

/** Behind the value at `start`; -1 when it is not complete. A number or word is complete at the end of the text (`last`). */
export function scanValue(bytes: Buffer, start: number, last: boolean): number {
  const first = bytes[start];
  if (first === BYTE.quote) return scanString(bytes, start);
  const skipper = new ValueSkipper();
  const end = skipper.skip(bytes, start);
  return skipper.done || (last && skipper.scalar) ? end : -1;
}

/** Finds the end of one value, chunk by chunk. */
export class ValueSkipper {
  done = false;
  /** The value is a number or a word: only what follows shows that it is complete. */
  scalar = false;
  private depth = 0;
  private inString = false;
  private escaped = false;

  /** Goes on in `bytes` at `from`; answers where it stopped. */
  skip(bytes: Buffer, from: number): number {
    const { length } = bytes;
    let at = from;
    let { depth, inString } = this;
    if (this.escaped && at < length) {
      this.escaped = false;
      at += 1;
    }
    while (at < length) {
      const byte = bytes[at] as number;
      if (inString) {
        if (byte === BYTE.quote) {
          inString = false;
          if (depth === 0) this.done = true;
        } else if (byte === BYTE.backslash) {
          at += 1;
          if (at === length) this.escaped = true;
        }
      } else if (byte === BYTE.quote) {
        inString = true;
      } else if (byte === BYTE.openObject || byte === BYTE.openArray) {
        depth += 1;
      } else if (byte === BYTE.closeObject || byte === BYTE.closeArray) {
        if (depth === 0) {
          this.done = true;
          break; // belongs to the container around a number or word
        }
        depth -= 1;
        if (depth === 0) this.done = true;
      } else if (depth === 0) {
        if (byte === BYTE.comma || byte <= 0x20) {
          this.done = true;
          break;
        }
        this.scalar = true;
      }
      at += 1;
      if (this.done) break;
    }
    this.depth = depth;
    this.inString = inString;
    return Math.min(at, length);
  }
}

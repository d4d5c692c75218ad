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
    if (byte > 0x20) break;
    at += 1;
  }
  return at;
}

/** Behind the string whose opening quote is at `start`; -1 when it is not complete. */
export function scanString(bytes: Buffer, start: number): number {
  const { length } = bytes;
  let at = start + 1;
  while (at < length) {
    const byte = bytes[at] as number;
    if (byte === BYTE.quote) return at + 1;
    at += byte === BYTE.backslash ? 2 : 1;
  }
  return -1;
}

/**
 * Behind the value at `start`; -1 when it is not complete. A number or word is complete only when something follows it, or
 * at the end of the text (`last`). Brackets are counted, not matched.
 */
export function scanValue(bytes: Buffer, start: number, last: boolean): number {
  const { length } = bytes;
  const first = bytes[start];
  if (first === BYTE.quote) return scanString(bytes, start);
  let at = start;
  if (first !== BYTE.openObject && first !== BYTE.openArray) {
    while (at < length && !endsWord(bytes[at] as number)) at += 1;
    return at < length || last ? at : -1;
  }
  let depth = 0;
  while (at < length) {
    const byte = bytes[at] as number;
    if (byte === BYTE.quote) {
      at = scanString(bytes, at);
      if (at < 0) return -1;
      continue;
    }
    at += 1;
    // The brackets of objects and arrays differ in one bit.
    if ((byte | 0x20) === BYTE.openObject) depth += 1;
    else if ((byte | 0x20) === BYTE.closeObject && --depth === 0) return at;
  }
  return -1;
}

function endsWord(byte: number): boolean {
  return byte <= 0x20 || byte === BYTE.comma || byte === BYTE.closeObject || byte === BYTE.closeArray;
}

/** Passes over one value of any length, chunk by chunk. */
export class ValueSkipper {
  done = false;
  /** The value is a number or a word: only what follows shows that it is complete. */
  isWord = false;
  private depth = 0;
  private inString = false;
  private escaped = false;

  /** Goes on in `bytes` at `from`; answers where it stopped. */
  skip(bytes: Buffer, from: number): number {
    let at = from;
    while (at < bytes.length && !this.done) {
      const byte = bytes[at] as number;
      if (this.inString) this.stringByte(byte);
      else if (this.depth === 0 && endsWord(byte)) {
        this.done = true;
        return at; // belongs to what is around the word
      } else this.structuralByte(byte);
      at += 1;
    }
    return at;
  }

  private stringByte(byte: number): void {
    if (this.escaped) this.escaped = false;
    else if (byte === BYTE.backslash) this.escaped = true;
    else if (byte === BYTE.quote) {
      this.inString = false;
      this.done = this.depth === 0;
    }
  }

  private structuralByte(byte: number): void {
    if (byte === BYTE.quote) this.inString = true;
    else if ((byte | 0x20) === BYTE.openObject) this.depth += 1;
    else if ((byte | 0x20) === BYTE.closeObject) {
      this.depth -= 1;
      this.done = this.depth === 0;
    } else if (this.depth === 0) this.isWord = true;
  }
}

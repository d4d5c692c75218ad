/** Bytes at the start; doubled whenever they do not suffice. */
const FIRST_CAPACITY = 1024;

/** Appends numbers and texts to a growing buffer. Numbers are LEB128: seven bits a byte, low bits first. */
export class ByteWriter {
  private buffer = Buffer.allocUnsafe(FIRST_CAPACITY);
  private length = 0;

  /** Takes a whole number from 0 to 2^53 - 1. */
  varint(value: number): void {
    this.reserve(8);
    let rest = value;
    while (rest > 0x7fffffff) {
      this.buffer[this.length++] = (rest % 0x80) | 0x80;
      rest = Math.floor(rest / 0x80);
    }
    while (rest > 0x7f) {
      this.buffer[this.length++] = (rest & 0x7f) | 0x80;
      rest >>>= 7;
    }
    this.buffer[this.length++] = rest;
  }

  byte(value: number): void {
    this.reserve(1);
    this.buffer[this.length++] = value;
  }

  /** Length in bytes of UTF-8, then the bytes. */
  text(value: string): void {
    const bytes = Buffer.byteLength(value);
    this.varint(bytes);
    this.reserve(bytes);
    this.length += this.buffer.write(value, this.length);
  }

  /** `source[start, end)`. */
  bytes(source: Uint8Array, start = 0, end = source.length): void {
    this.reserve(end - start);
    const { buffer } = this;
    let to = this.length;
    // The pieces are short: a loop is faster than a call into native code and makes no view.
    for (let at = start; at < end; at += 1) buffer[to++] = source[at] as number;
    this.length = to;
  }

  /** The bytes so far, valid until more are written. */
  view(): Buffer {
    return this.buffer.subarray(0, this.length);
  }

  /** A copy of the bytes so far. */
  copy(): Buffer {
    return Buffer.from(this.buffer.subarray(0, this.length));
  }

  private reserve(bytes: number): void {
    if (this.length + bytes <= this.buffer.length) return;
    const grown = Buffer.allocUnsafe(Math.max(this.buffer.length * 2, this.length + bytes));
    this.buffer.copy(grown, 0, 0, this.length);
    this.buffer = grown;
  }
}

/** Reads what {@link ByteWriter} wrote. Reading past the end throws a RangeError. */
export class ByteReader {
  private at = 0;

  constructor(private readonly buffer: Buffer) {}

  varint(): number {
    let value = 0;
    let scale = 1;
    for (;;) {
      const byte = this.byte();
      if (byte < 0x80) return value + byte * scale;
      value += (byte - 0x80) * scale;
      scale *= 0x80;
    }
  }

  byte(): number {
    const byte = this.buffer[this.at++];
    if (byte === undefined) throw new RangeError('packed content ends too early');
    return byte;
  }

  text(): string {
    const start = this.skip(this.varint());
    return this.buffer.toString('utf8', start, this.at);
  }

  /** Hex digits of the next bytes. */
  hex(length: number): string {
    const start = this.skip(length);
    return this.buffer.toString('hex', start, this.at);
  }

  /** A view of the next bytes, not a copy. */
  bytes(length: number): Buffer {
    return this.buffer.subarray(this.skip(length), this.at);
  }

  /** Copies the next bytes to `target` at `to`. */
  copyTo(target: Buffer, to: number, length: number): void {
    const start = this.skip(length);
    const { buffer } = this;
    for (let at = 0; at < length; at += 1) target[to + at] = buffer[start + at] as number;
  }

  /** The next `count` numbers. */
  column(count: number): Float64Array {
    const numbers = new Float64Array(count);
    for (let at = 0; at < count; at += 1) numbers[at] = this.varint();
    return numbers;
  }

  rest(): Buffer {
    return this.bytes(this.buffer.length - this.at);
  }

  /** Moves on; answers where it was. */
  private skip(length: number): number {
    const start = this.at;
    if (start + length > this.buffer.length) throw new RangeError('packed content ends too early');
    this.at = start + length;
    return start;
  }
}

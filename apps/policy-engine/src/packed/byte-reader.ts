/** Reads what {@link ByteWriter} wrote. Reading past the end throws a RangeError. */
export class ByteReader {
  private at = 0;

  constructor(private readonly buffer: Buffer) {}

  varint(): number {
    let value = 0;
    let scale = 1;
    for (;;) {
      const byte = this.byte();
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
      scale *= 0x80;
    }
  }

  byte(): number {
    const byte = this.buffer[this.at++];
    if (byte === undefined) throw new RangeError('packed content ends too early');
    return byte;
  }

  text(): string {
    return this.bytes(this.varint()).toString();
  }

  /** A view of the next bytes, not a copy. */
  bytes(length: number): Buffer {
    const end = this.at + length;
    if (end > this.buffer.length) throw new RangeError('packed content ends too early');
    const bytes = this.buffer.subarray(this.at, end);
    this.at = end;
    return bytes;
  }

  rest(): Buffer {
    return this.bytes(this.buffer.length - this.at);
  }
}

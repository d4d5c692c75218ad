/** Where the paths of a list are put together; nothing of it is kept. Longer lists get bytes of their own. */
const ARENA = Buffer.allocUnsafeSlow(256 * 1024);

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

  /**
   * The next `count` paths, as `writePaths` wrote them. An image has hundreds of thousands: the paths are parts of one text,
   * because making texts out of bytes takes longer than everything else here.
   */
  paths(count: number): string[] {
    const { buffer } = this;
    const starts = new Uint32Array(count + 1);
    let bytes: Buffer = ARENA;
    let former = 0;
    let start = 0;
    let seen = 0;
    for (let place = 0; place < count; place += 1) {
      const shared = this.varint();
      const more = this.varint();
      let from = this.skip(more);
      if (shared > start - former) throw new RangeError('packed content shares more of a path than there is');
      const fresh = start + shared;
      const end = fresh + more;
      if (end > bytes.length) bytes = grown(bytes, start, end);
      bytes.copyWithin(start, former, former + shared);
      for (let to = fresh; to < end; to += 1) {
        const byte = buffer[from++] as number;
        seen |= byte;
        bytes[to] = byte;
      }
      former = start;
      start = end;
      starts[place + 1] = end;
    }
    const ends = starts.subarray(1);
    if (seen >= 0x80) return Array.from(ends, (end, place) => bytes.toString('utf8', starts[place], end));
    // A character for each byte, so that places in the bytes are places in the text.
    const text = bytes.toString('latin1', 0, start);
    const paths: string[] = [];
    for (let place = 0; place < count; place += 1) paths.push(text.slice(starts[place], starts[place + 1]));
    return paths;
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

function grown(bytes: Buffer, used: number, length: number): Buffer {
  const larger = Buffer.allocUnsafe(length * 2);
  bytes.copy(larger, 0, 0, used);
  return larger;
}

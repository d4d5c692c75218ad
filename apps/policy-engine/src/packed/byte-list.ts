/** Pieces of bytes one behind the other in one buffer, without an object for each. */
export class ByteList {
  bytes = Buffer.alloc(0);
  /** Where each piece begins; the next one begins where it ends. */
  private starts = new Float64Array(1);
  count = 0;

  /** Adds `source[start, end)`; answers its place. */
  add(source: Uint8Array, start: number, end: number): number {
    const place = this.count;
    const from = this.starts[place] as number;
    const to = from + end - start;
    if (to > this.bytes.length) this.growBytes(to);
    const { bytes } = this;
    // The pieces are short: a loop is faster than a call into native code.
    for (let at = start, target = from; at < end; at += 1, target += 1) bytes[target] = source[at] as number;
    this.count += 1;
    if (this.count === this.starts.length) this.growStarts();
    this.starts[this.count] = to;
    return place;
  }

  start(place: number): number {
    return this.starts[place] as number;
  }

  end(place: number): number {
    return this.starts[place + 1] as number;
  }

  text(place: number): string {
    return this.bytes.toString('utf8', this.starts[place], this.starts[place + 1]);
  }

  equals(place: number, source: Uint8Array, start: number, end: number): boolean {
    let at = this.starts[place] as number;
    if ((this.starts[place + 1] as number) - at !== end - start) return false;
    const { bytes } = this;
    for (let other = start; other < end; other += 1, at += 1) if (bytes[at] !== source[other]) return false;
    return true;
  }

  /** Bytes that both pieces begin with. */
  shared(one: number, other: number): number {
    const { bytes, starts } = this;
    const first = starts[one] as number;
    const second = starts[other] as number;
    const limit = Math.min((starts[one + 1] as number) - first, (starts[other + 1] as number) - second);
    let length = 0;
    while (length < limit && bytes[first + length] === bytes[second + length]) length += 1;
    return length;
  }

  /** Negative, zero or positive like the order of the bytes. */
  compare(one: number, other: number): number {
    const length = this.shared(one, other);
    const { bytes, starts } = this;
    const first = (starts[one] as number) + length;
    const second = (starts[other] as number) + length;
    if (first === starts[one + 1]) return second === starts[other + 1] ? 0 : -1;
    if (second === starts[other + 1]) return 1;
    return (bytes[first] as number) - (bytes[second] as number);
  }

  /** Negative, zero or positive as the piece is before, like or behind `source[start, end)`. */
  compareWith(place: number, source: Uint8Array, start: number, end: number): number {
    const { bytes } = this;
    const to = this.starts[place + 1] as number;
    let at = this.starts[place] as number;
    let other = start;
    while (at < to && other < end) {
      const difference = (bytes[at++] as number) - (source[other++] as number);
      if (difference !== 0) return difference;
    }
    return to - at - (end - other);
  }

  private growBytes(needed: number): void {
    const grown = Buffer.allocUnsafe(Math.max(needed, this.bytes.length * 2, 4096));
    this.bytes.copy(grown);
    this.bytes = grown;
  }

  private growStarts(): void {
    const grown = new Float64Array(Math.max(64, this.starts.length * 2));
    grown.set(this.starts);
    this.starts = grown;
  }
}

/** First bytes of the executables that are looked into: ELF, PE, and Mach-O in both byte orders, single or universal. */
const MAGICS = new Set([0x7f454c46, 0xfeedface, 0xfeedfacf, 0xcefaedfe, 0xcffaedfe, 0xcafebabe]);

/** True when a file that starts with these bytes may be an executable; fewer than four bytes cannot tell, so they may. */
export function looksExecutable(start: Buffer): boolean {
  if (start.length < 4) return true;
  return (start[0] === 0x4d && start[1] === 0x5a) || MAGICS.has(start.readUInt32BE(0));
}

/** Collects a file that arrives in pieces, first only its head, all of it once `holdAll` is called. */
export class HeldContent {
  private bytes: Buffer;
  private length = 0;

  constructor(
    private readonly size: number,
    private readonly headSize: number,
  ) {
    this.bytes = Buffer.allocUnsafeSlow(Math.min(size, headSize));
  }

  /** Takes as much as is to be held; answers how many bytes that was. */
  append(piece: Buffer): number {
    const taken = piece.copy(this.bytes, this.length);
    this.length += taken;
    return taken;
  }

  /** The first bytes; undefined as long as they are not all there. */
  head(): Buffer | undefined {
    const size = Math.min(this.size, this.headSize);
    return this.length < size ? undefined : this.bytes.subarray(0, size);
  }

  /** Makes room for the whole file, before anything beyond the head was left out. */
  holdAll(): void {
    if (this.bytes.length === this.size) return;
    const whole = Buffer.allocUnsafeSlow(this.size);
    this.bytes.copy(whole, 0, 0, this.length);
    this.bytes = whole;
  }

  /** What was collected. */
  content(): Buffer {
    return this.bytes.subarray(0, this.length);
  }
}

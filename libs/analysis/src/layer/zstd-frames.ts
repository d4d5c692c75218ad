/**
 * Cuts zstd data (RFC 8878, section 3.1) where a frame ends. The inflater of node takes what follows the end of a frame
 * inside of one write for garbage and stops; a frame that begins with a write is read on. Layers of many frames are usual
 * (`zstd:chunked`, parallel compressors). Data that is no frame is passed on as it is, for the inflater to refuse.
 */
export class ZstdFrames {
  private state: 'magic' | 'skippable' | 'descriptor' | 'block' | 'skip' | 'unknown' = 'magic';
  private readonly field = Buffer.alloc(4);
  private filled = 0;
  private skipping = 0;
  private afterSkip: 'block' | 'end' = 'end';
  private checksum = 0;

  /** Pieces of `chunk` in order, each but the last ending where a frame ends. */
  cut(chunk: Buffer): Buffer[] {
    const pieces: Buffer[] = [];
    let start = 0;
    let at = 0;
    while (at < chunk.length && this.state !== 'unknown') {
      if (this.state === 'skip') {
        const taken = Math.min(this.skipping, chunk.length - at);
        this.skipping -= taken;
        at += taken;
      } else {
        this.field[this.filled++] = chunk[at++] ?? 0;
        if (this.filled < FIELD_LENGTH[this.state]) continue;
        this.filled = 0;
        this.understand();
      }
      if (this.state !== 'skip' || this.skipping > 0) continue;
      this.state = this.afterSkip === 'end' ? 'magic' : 'block';
      if (this.afterSkip !== 'end') continue;
      pieces.push(chunk.subarray(start, at));
      start = at;
    }
    if (start < chunk.length) pieces.push(chunk.subarray(start));
    return pieces;
  }

  private understand(): void {
    if (this.state === 'magic') {
      const magic = this.field.readUInt32LE(0);
      if (magic === 0xfd2fb528) this.state = 'descriptor';
      else this.state = (magic & 0xfffffff0) >>> 0 === 0x184d2a50 ? 'skippable' : 'unknown';
    } else if (this.state === 'skippable') {
      this.skip(this.field.readUInt32LE(0), 'end');
    } else if (this.state === 'descriptor') {
      const descriptor = this.field[0] ?? 0;
      const single = (descriptor >> 5) & 1;
      const contentSize = [single, 2, 4, 8][descriptor >> 6] ?? 0;
      const dictionary = [0, 1, 2, 4][descriptor & 3] ?? 0;
      this.checksum = descriptor & 4 ? 4 : 0;
      this.skip((single ? 0 : 1) + dictionary + contentSize, 'block');
    } else {
      const header = this.field.readUIntLE(0, 3);
      const content = ((header >> 1) & 3) === 1 ? 1 : header >> 3; // a run-length block holds one byte
      if (header & 1) this.skip(content + this.checksum, 'end');
      else this.skip(content, 'block');
    }
  }

  private skip(bytes: number, then: 'block' | 'end'): void {
    this.state = 'skip';
    this.skipping = bytes;
    this.afterSkip = then;
  }
}

const FIELD_LENGTH = { magic: 4, skippable: 4, descriptor: 1, block: 3, skip: 0, unknown: 0 };

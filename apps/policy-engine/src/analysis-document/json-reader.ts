import { setImmediate as nextTurn } from 'node:timers/promises';
import { IndexError } from './errors.js';
import { BYTE, scanString, scanValue, skipSpace, ValueSkipper } from './json-scan.js';

/** What becomes of a value: passed over; entered; given to the caller; an object whose members are given one by one. */
export type Visit = 'skip' | 'enter' | 'take' | 'each';

/** Takes values out of a JSON text. Bytes are valid during a call only. */
export interface JsonVisitor {
  /**
   * What to do with the member at this path of names, of the top-level value or of an entered one. Arrays that are
   * entered add nothing to the path; their items are entered too. May be asked twice for one member.
   */
  visit(path: readonly string[]): Visit;
  /** A value that was to be taken, or one that was to be taken by members and is no object: `bytes[start, end)`. */
  take(path: readonly string[], bytes: Buffer, start: number, end: number): void;
  /** An object that is taken by members begins. */
  begin(path: readonly string[]): void;
  /** The next member of that object. Its value begins at `start`; answers where it ends, -1 when it is not complete. */
  member(name: MemberName, bytes: Buffer, start: number, last: boolean): number;
}

/** The name of a member as UTF-8, without escapes: `bytes[start, end)`. */
export interface MemberName {
  bytes: Buffer;
  start: number;
  end: number;
}

/** Longest run without a turn of the event loop. Milliseconds. */
const MAX_RUN = 15;

/**
 * Reads a JSON text (RFC 8259) of any length and hands over the values that the visitor wants. Memory: the longest value
 * that is given as a whole, at most `maxValueBytes`, and a chunk. Values that are passed over are balanced, not checked.
 *
 * @throws IndexError `document_invalid` naming the byte, `document_too_large`; errors of source and visitor.
 */
export async function readJson(
  source: AsyncIterable<Uint8Array>,
  visitor: JsonVisitor,
  options: { maxValueBytes: number; signal?: AbortSignal },
): Promise<void> {
  const reader = new JsonReader(visitor, options.maxValueBytes);
  let turn = performance.now();
  for await (const chunk of source) {
    options.signal?.throwIfAborted();
    reader.push(chunk);
    if (performance.now() - turn < MAX_RUN) continue;
    await nextTurn();
    turn = performance.now();
  }
  reader.end();
}

type Expected = 'value' | 'first item' | 'first member' | 'member' | 'separator' | 'end';

/** One container that is being read. */
interface Frame {
  close: number;
  /** Members go to `JsonVisitor.member`. */
  each: boolean;
}

/** The reader as a state machine: what is complete in the buffer is read, the rest waits for the next chunk. */
class JsonReader {
  private buffer: Buffer = Buffer.alloc(0);
  /** The part of the buffer that is filled. */
  private bytes: Buffer = this.buffer;
  private at = 0;
  /** Bytes of the text before `bytes`. */
  private before = 0;
  private readonly waiting: Uint8Array[] = [];
  private waitingBytes = 0;
  private readonly path: string[] = [];
  private readonly name: MemberName = { bytes: this.buffer, start: 0, end: 0 };
  private readonly frames: Frame[] = [];
  private expected: Expected = 'value';
  private skipper: ValueSkipper | undefined;

  constructor(
    private readonly visitor: JsonVisitor,
    private readonly maxValueBytes: number,
  ) {}

  push(chunk: Uint8Array): void {
    this.waiting.push(chunk);
    this.waitingBytes += chunk.length;
    const left = this.bytes.length - this.at;
    // A long value is looked at again only when there is twice as much of it, so that the work stays linear.
    if (this.waitingBytes < left) return;
    this.refill();
    this.run(false);
    if (this.bytes.length - this.at > this.maxValueBytes) this.tooLarge();
  }

  end(): void {
    this.refill();
    this.run(true);
    if (this.expected !== 'end') this.fail('it ends in the middle');
  }

  /** Moves what is left to the front of the buffer and what waits behind it. */
  private refill(): void {
    const left = this.bytes.length - this.at;
    const length = left + this.waitingBytes;
    const target = length > this.buffer.length ? Buffer.allocUnsafe(length * 2) : this.buffer;
    target.set(this.bytes.subarray(this.at), 0);
    let to = left;
    for (const chunk of this.waiting) {
      target.set(chunk, to);
      to += chunk.length;
    }
    this.buffer = target;
    this.bytes = target.subarray(0, length);
    this.before += this.at;
    this.at = 0;
    this.waiting.length = 0;
    this.waitingBytes = 0;
  }

  private run(last: boolean): void {
    for (;;) {
      if (this.skipper) {
        this.at = this.skipper.skip(this.bytes, this.at);
        if (!this.skipper.done && !(last && this.skipper.isWord)) return;
        this.skipper = undefined;
      }
      this.at = skipSpace(this.bytes, this.at);
      const byte = this.bytes[this.at];
      if (byte === undefined) return;
      if (!this.step(byte, last)) return;
    }
  }

  /** Reads one piece of the text; false when it is not complete yet. */
  private step(byte: number, last: boolean): boolean {
    switch (this.expected) {
      case 'value':
        return this.value(byte);
      case 'first item':
        if (byte === BYTE.closeArray) return this.closed();
        this.expected = 'value';
        return true;
      case 'first member':
        if (byte === BYTE.closeObject) return this.closed();
        this.expected = 'member';
        return true;
      case 'member':
        return this.member(byte, last);
      case 'separator':
        return this.separator(byte);
      case 'end':
        return this.fail('something follows the document');
    }
  }

  private value(byte: number): boolean {
    if (byte === BYTE.openObject) this.open(BYTE.closeObject, false);
    else if (byte === BYTE.openArray) this.open(BYTE.closeArray, false);
    else this.pass();
    return true;
  }

  private open(close: number, each: boolean): void {
    this.at += 1;
    this.frames.push({ close, each });
    this.expected = close === BYTE.closeObject ? 'first member' : 'first item';
  }

  private pass(): void {
    this.skipper = new ValueSkipper();
    this.after();
  }

  private closed(): boolean {
    this.at += 1;
    this.frames.pop();
    this.after();
    return true;
  }

  /** A value is complete. */
  private after(): void {
    this.expected = this.frames.length === 0 ? 'end' : 'separator';
    const frame = this.frames.at(-1);
    if (frame?.close === BYTE.closeObject && !frame.each) this.path.pop();
  }

  private separator(byte: number): boolean {
    const frame = this.frames.at(-1);
    if (byte === frame?.close) return this.closed();
    if (byte !== BYTE.comma) return this.fail('a comma is missing');
    this.at += 1;
    this.expected = frame?.close === BYTE.closeObject ? 'member' : 'value';
    return true;
  }

  private member(byte: number, last: boolean): boolean {
    const { bytes } = this;
    if (byte !== BYTE.quote) return this.fail('the name of a member is missing');
    const nameEnd = scanString(bytes, this.at);
    if (nameEnd < 0) return false;
    const colon = skipSpace(bytes, nameEnd);
    const start = skipSpace(bytes, colon + 1);
    if (start >= bytes.length) return false;
    if (bytes[colon] !== BYTE.colon) return this.fail('a colon is missing');
    this.readName(this.at + 1, nameEnd - 1);
    if (this.frames.at(-1)?.each === true) return this.eachMember(start, last);
    return this.namedMember(start, last);
  }

  private eachMember(start: number, last: boolean): boolean {
    const end = this.visitor.member(this.name, this.bytes, start, last);
    if (end < 0) return false;
    this.at = end;
    this.after();
    return true;
  }

  private namedMember(start: number, last: boolean): boolean {
    const { bytes, visitor, path } = this;
    path.push(this.name.bytes.toString('utf8', this.name.start, this.name.end));
    const visit = visitor.visit(path);
    if (visit === 'enter') {
      this.at = start;
      this.expected = 'value';
    } else if (visit === 'skip') {
      this.at = start;
      this.pass();
    } else if (visit === 'each' && bytes[start] === BYTE.openObject) {
      this.at = start;
      visitor.begin(path);
      this.open(BYTE.closeObject, true);
    } else {
      const end = scanValue(bytes, start, last);
      if (end < 0) {
        path.pop();
        return false;
      }
      visitor.take(path, bytes, start, end);
      this.at = end;
      this.after();
    }
    return true;
  }

  private readName(start: number, end: number): void {
    const { bytes, name } = this;
    let at = start;
    while (at < end && bytes[at] !== BYTE.backslash) at += 1;
    if (at === end) {
      name.bytes = bytes;
      name.start = start;
      name.end = end;
      return;
    }
    try {
      name.bytes = Buffer.from(JSON.parse(`"${bytes.toString('utf8', start, end)}"`) as string);
      name.start = 0;
      name.end = name.bytes.length;
    } catch {
      this.fail('the name of a member has an escape that JSON does not know');
    }
  }

  private fail(what: string): never {
    throw new IndexError(
      'document_invalid',
      `the analysis document is no JSON: ${what} at byte ${this.before + this.at}`,
    );
  }

  private tooLarge(): never {
    throw new IndexError(
      'document_too_large',
      `a value of the analysis document at byte ${this.before + this.at} is longer than ${this.maxValueBytes} bytes`,
    );
  }
}

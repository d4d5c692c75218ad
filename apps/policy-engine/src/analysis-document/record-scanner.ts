import { IndexError } from './errors.js';
import { BYTE, scanString, scanValue, skipSpace } from './json-scan.js';

const NULL = 0x6e; // the n of null
const ZERO = 0x30;
/** Digits that a double holds exactly. */
const MOST_DIGITS = 15;

/**
 * Finds the values of some members of JSON objects that are all alike, without making anything of the other members.
 * There is a record for every path of an image, some with objects whose names are paths, which JSON.parse would have to
 * take for a new kind of object each time.
 *
 * After {@link scan} the values are known by the place of their name in the list.
 */
export class RecordScanner {
  private readonly starts: Int32Array;
  private readonly ends: Int32Array;
  private readonly names: readonly Buffer[];
  private bytes: Buffer = Buffer.alloc(0);

  constructor(names: readonly string[]) {
    this.names = names.map((name) => Buffer.from(name));
    this.starts = new Int32Array(names.length);
    this.ends = new Int32Array(names.length);
  }

  /**
   * Reads the object at `start`; answers where it ends, -1 when it is not complete.
   *
   * @throws IndexError `document_invalid` when there is no object.
   */
  scan(bytes: Buffer, start: number): number {
    if (bytes[start] !== BYTE.openObject) throw noObject();
    this.bytes = bytes;
    this.ends.fill(0);
    let at = start + 1;
    for (;;) {
      at = skipSpace(bytes, at);
      const byte = bytes[at];
      if (byte === BYTE.quote) {
        const nameEnd = scanString(bytes, at);
        if (nameEnd < 0) return -1;
        const value = skipSpace(bytes, skipSpace(bytes, nameEnd) + 1);
        const end = scanValue(bytes, value, false);
        if (end < 0) return -1;
        this.note(at + 1, nameEnd - 1, value, end);
        at = end;
      } else if (byte === BYTE.comma) {
        at += 1;
      } else if (byte === BYTE.closeObject) {
        return at + 1;
      } else if (byte === undefined) {
        return -1;
      } else {
        throw noObject();
      }
    }
  }

  /** A natural number or the text of one in this base; null for anything else. Octal texts may begin with `0o`. */
  natural(place: number, base: 8 | 10 = 10): number | null {
    const { bytes } = this;
    let at = this.starts[place] as number;
    let end = this.ends[place] as number;
    const isText = bytes[at] === BYTE.quote;
    if (isText) {
      at += 1;
      end -= 1;
      if (base === 8 && bytes[at] === ZERO && bytes[at + 1] === 0x6f) at += 2;
    }
    if (end <= at || end - at > MOST_DIGITS) return null;
    const radix = isText ? base : 10;
    let value = 0;
    for (; at < end; at += 1) {
      const digit = (bytes[at] as number) - ZERO;
      if (digit < 0 || digit >= radix) return null;
      value = value * radix + digit;
    }
    return value;
  }

  /** A text that is not empty; null for anything else. */
  text(place: number): string | null {
    const range = this.plain(place);
    if (range) return this.bytes.toString('utf8', range.start, range.end);
    if (this.bytes[this.starts[place] as number] !== BYTE.quote || this.ends[place] === 0) return null;
    const json = this.bytes.toString('utf8', this.starts[place], this.ends[place]);
    return (JSON.parse(json) as string) || null;
  }

  /** The bytes of a text that is not empty and has no escapes; undefined for anything else. */
  plain(place: number): { bytes: Buffer; start: number; end: number } | undefined {
    const { bytes, range } = this;
    const start = (this.starts[place] as number) + 1;
    const end = (this.ends[place] as number) - 1;
    if (end <= start || bytes[start - 1] !== BYTE.quote) return undefined;
    for (let at = start; at < end; at += 1) if (bytes[at] === BYTE.backslash) return undefined;
    range.bytes = bytes;
    range.start = start;
    range.end = end;
    return range;
  }

  /** True when the member is this text, in quotes. */
  is(place: number, text: Buffer): boolean {
    const { bytes } = this;
    const start = this.starts[place] as number;
    if ((this.ends[place] as number) - start !== text.length) return false;
    let at = 0;
    while (at < text.length && text[at] === bytes[start + at]) at += 1;
    return at === text.length;
  }

  /** The bytes of the value as they are. */
  raw(place: number): Buffer {
    return Buffer.from(this.bytes.subarray(this.starts[place], this.ends[place]));
  }

  /** True for `true` and its text. */
  isTrue(place: number): boolean {
    const start = this.starts[place] as number;
    const end = this.ends[place] as number;
    const length = end - start;
    if (length !== 4 && length !== 6) return false;
    return /^"?true"?$/.test(this.bytes.toString('latin1', start, end));
  }

  /** True when the member is missing or null. */
  isNull(place: number): boolean {
    return this.ends[place] === 0 || this.bytes[this.starts[place] as number] === NULL;
  }

  private readonly range = { bytes: this.bytes, start: 0, end: 0 };

  private note(nameStart: number, nameEnd: number, start: number, end: number): void {
    const { names, bytes } = this;
    for (let place = 0; place < names.length; place += 1) {
      const name = names[place] as Buffer;
      if (name.length !== nameEnd - nameStart) continue;
      let at = 0;
      while (at < name.length && name[at] === bytes[nameStart + at]) at += 1;
      if (at < name.length) continue;
      this.starts[place] = start;
      this.ends[place] = end;
      return;
    }
  }
}

function noObject(): IndexError {
  return new IndexError('document_invalid', 'the analysis document has a record that is no JSON object');
}

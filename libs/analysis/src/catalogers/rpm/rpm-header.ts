import { DatabaseError } from './page-set.js';

/** Sizes of one element by type: char, int8, int16, int32, int64; strings and bytes count on their own. */
const ELEMENT_SIZE: Record<number, number> = { 1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 7: 1 };
const STRING = 6;
const STRING_ARRAY = 8;
const I18N_STRING = 9;

const ENTRY = 16;
const MAX_ENTRIES = 65_536;
const MAX_DATA = 256 * 1024 * 1024;

interface Entry {
  type: number;
  offset: number;
  count: number;
}

/**
 * One package header of an rpm database (rpm's "header" format without the magic number of package files): index entries
 * of tag, type, offset and count, then the data they point into. Everything is big-endian and checked before use.
 */
export class RpmHeader {
  private readonly entries = new Map<number, Entry>();
  private readonly data: Buffer;

  /** Throws {@link DatabaseError} for bytes that are no header. */
  constructor(blob: Buffer) {
    if (blob.length < 8) throw new DatabaseError('a header that is cut off');
    const count = blob.readUInt32BE(0);
    const size = blob.readUInt32BE(4);
    const start = 8 + count * ENTRY;
    if (count === 0 || count > MAX_ENTRIES || size > MAX_DATA || start + size > blob.length) {
      throw new DatabaseError(`a header of ${count} entries and ${size} bytes in ${blob.length} bytes`);
    }
    this.data = blob.subarray(start, start + size);
    for (let at = 8; at < start; at += ENTRY) {
      // What was added after the package was built comes last and replaces what the package said.
      this.entries.set(blob.readUInt32BE(at), {
        type: blob.readUInt32BE(at + 4),
        offset: blob.readUInt32BE(at + 8),
        count: blob.readUInt32BE(at + 12),
      });
    }
  }

  /** A text tag, '' when absent. Of translated texts the first one, which is the untranslated one. */
  text(tag: number): string {
    return this.texts(tag)[0] ?? '';
  }

  /** The texts of a tag; empty when the tag is absent or no text. Throws {@link DatabaseError} when they are cut off. */
  texts(tag: number): string[] {
    const entry = this.entries.get(tag);
    if (!entry || ![STRING, STRING_ARRAY, I18N_STRING].includes(entry.type)) return [];
    const count = entry.type === STRING ? 1 : entry.count;
    if (count > this.data.length) throw new DatabaseError(`tag ${tag} has ${count} texts`);
    const found: string[] = [];
    let at = entry.offset;
    for (let i = 0; i < count; i += 1) {
      const end = at < this.data.length ? this.data.indexOf(0, at) : -1;
      if (end < 0) throw new DatabaseError(`tag ${tag} is cut off`);
      found.push(this.data.toString('utf8', at, end));
      at = end + 1;
    }
    return found;
  }

  /** A number tag; undefined when absent. */
  number(tag: number): number | undefined {
    return this.numbers(tag)[0];
  }

  /** The numbers of a tag, unsigned; empty when the tag is absent or not numeric. Throws when they are cut off. */
  numbers(tag: number): number[] {
    const entry = this.entries.get(tag);
    const size = entry && entry.type !== 7 ? ELEMENT_SIZE[entry.type] : undefined;
    if (!entry || size === undefined) return [];
    if (entry.offset + entry.count * size > this.data.length) throw new DatabaseError(`tag ${tag} is cut off`);
    const { offset, count } = entry;
    const read = (at: number) => (size === 8 ? Number(this.data.readBigUInt64BE(at)) : this.data.readUIntBE(at, size));
    return Array.from({ length: count }, (_, index) => read(offset + index * size));
  }
}

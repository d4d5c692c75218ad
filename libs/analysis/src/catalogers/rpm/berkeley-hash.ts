import { DatabaseError, PageSet } from './page-set.js';

const MAGIC = 0x061561;
const PAGE_HEADER = 26;

/** Page types. */
const HASH_UNSORTED = 2;
const OVERFLOW = 7;
const HASH = 13;

/** Kinds of items on a hash page. */
const INLINE = 1;
const OFF_PAGE = 3;

/** True when the bytes begin like a hash database of Berkeley DB, of either byte order. */
export function isBerkeleyHash(bytes: Buffer): boolean {
  return bytes.length >= 512 && (bytes.readUInt32LE(12) === MAGIC || bytes.readUInt32BE(12) === MAGIC);
}

/**
 * The values of a Berkeley DB hash database (versions 7 to 10, as rpm before 4.16 wrote it): every hash page in the order
 * of the file, values on the page and in overflow pages. An item that is damaged is left out and told to `problem`.
 *
 * Throws {@link DatabaseError} when the file's first page is no sound hash metadata page.
 */
export function* berkeleyHashValues(bytes: Buffer, problem: (text: string) => void): Generator<Buffer> {
  const little = bytes.readUInt32LE(12) === MAGIC;
  const u16 = (from: Buffer, at: number) => (little ? from.readUInt16LE(at) : from.readUInt16BE(at));
  const u32 = (from: Buffer, at: number) => (little ? from.readUInt32LE(at) : from.readUInt32BE(at));
  const size = u32(bytes, 20);
  if (size < 512 || size > 65_536 || (size & (size - 1)) !== 0) throw new DatabaseError(`a page size of ${size} bytes`);
  if (bytes[24] !== 0) throw new DatabaseError('it is encrypted');
  const pages = new PageSet(bytes, size, 0);
  const last = Math.min(u32(bytes, 32), Math.floor(bytes.length / size) - 1);

  const offPage = (item: Buffer): Buffer => {
    if (item.length < 12) throw new DatabaseError('a reference to another page is cut off');
    const length = u32(item, 8);
    if (length > bytes.length) throw new DatabaseError(`a value of ${length} bytes`);
    const parts: Buffer[] = [];
    let missing = length;
    for (let next = u32(item, 4); missing > 0;) {
      const page = pages.take(next);
      const used = Math.min(u16(page, 22), missing); // on overflow pages this field is the number of bytes
      if (page[25] !== OVERFLOW || used === 0 || PAGE_HEADER + used > size) {
        throw new DatabaseError(`page ${next} does not continue a value`);
      }
      parts.push(page.subarray(PAGE_HEADER, PAGE_HEADER + used));
      missing -= used;
      next = u32(page, 16);
    }
    return Buffer.concat(parts);
  };

  for (let number = 1; number <= last; number += 1) {
    const page = bytes.subarray(number * size, (number + 1) * size);
    if (page[25] !== HASH && page[25] !== HASH_UNSORTED) continue;
    const count = u16(page, 20);
    if (PAGE_HEADER + 2 * count > size) {
      problem(`page ${number} claims ${count} items`);
      continue;
    }
    // Items lie from the end of the page downwards, keys and values in turn.
    for (let index = 1; index < count; index += 2) {
      const start = u16(page, PAGE_HEADER + 2 * index);
      const end = u16(page, PAGE_HEADER + 2 * (index - 1));
      let value: Buffer;
      try {
        if (start >= end || end > size) throw new DatabaseError(`page ${number} has an item outside of it`);
        const item = page.subarray(start, end);
        if (item[0] !== INLINE && item[0] !== OFF_PAGE) throw new DatabaseError(`an item of kind ${item[0]}`);
        value = item[0] === INLINE ? item.subarray(1) : offPage(item);
      } catch (error) {
        problem((error as Error).message);
        continue;
      }
      yield value;
    }
  }
}

import { StorageError } from '@kedge/object-store';

/** `PGCOPY\n\377\r\n\0`, flags, length of an extension that no version writes. */
const HEADER_BYTES = 19;
/** Number of columns and length of the first. */
const ROW_HEAD_BYTES = 6;
/** Number of columns after the last row. */
const END = -1;

/**
 * The values of a `COPY (SELECT <one bytea column>) TO STDOUT (FORMAT binary)`, in order.
 *
 * Source: the binary format in PostgreSQL's documentation of COPY. Each value is read into a buffer of its own size, so
 * that nothing of the pieces it came in is kept.
 */
export async function readByteaColumn(source: AsyncIterable<Buffer>): Promise<Buffer[]> {
  const values: Buffer[] = [];
  let target = Buffer.alloc(HEADER_BYTES);
  let filled = 0;
  let part: 'header' | 'row head' | 'value' | 'end' = 'header';
  for await (const piece of source) {
    for (let at = 0; at < piece.length && part !== 'end';) {
      const copied = piece.copy(target, filled, at);
      at += copied;
      filled += copied;
      if (part === 'row head' && filled >= 2 && target.readInt16BE() === END) part = 'end';
      else if (filled === target.length) {
        if (part === 'row head') {
          const length = target.readInt32BE(2);
          if (target.readInt16BE() !== 1 || length < 0)
            throw new StorageError('unavailable', 'not one column of bytes');
          target = Buffer.allocUnsafeSlow(length);
          part = 'value';
        } else {
          if (part === 'value') values.push(target);
          target = Buffer.alloc(ROW_HEAD_BYTES);
          part = 'row head';
        }
        filled = 0;
      }
    }
  }
  if (part !== 'end') throw new StorageError('unavailable', 'the database ended its answer too early');
  return values;
}

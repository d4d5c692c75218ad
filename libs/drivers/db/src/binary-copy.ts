import { StorageError } from '@kedge/object-store';

/** `PGCOPY\n\377\r\n\0`, flags, length of an extension that no version writes. */
const HEADER_BYTES = 19;
/** Number of columns and length of the first. */
const ROW_HEAD_BYTES = 6;
/** Number of columns after the last row. */
const END = -1;

/**
 * The bytes of a `COPY (SELECT <one bytea column>) TO STDOUT (FORMAT binary)`: those of all rows, in order, in one buffer.
 * They are put there as they come, so that the pieces of the connection live no longer than a moment.
 *
 * Source: the binary format in PostgreSQL's documentation of COPY.
 *
 * @param limit bytes that all rows have at most; so much memory is taken
 * @param uri of the content, for errors
 * @throws StorageError `integrity` when they have more, `unavailable` when the answer is no whole one
 */
export async function readByteaColumn(source: AsyncIterable<Buffer>, limit: number, uri: string): Promise<Buffer> {
  const bytes = Buffer.allocUnsafeSlow(limit);
  let length = 0;
  let head = Buffer.alloc(HEADER_BYTES);
  let filled = 0;
  let open = 0; // bytes of the present value that are still to come
  let ended = false;
  for await (const piece of source) {
    for (let at = 0; at < piece.length && !ended;) {
      if (open > 0) {
        const copied = piece.copy(bytes, length, at, at + Math.min(open, piece.length - at));
        if (copied === 0) {
          const message = `content ${uri} is longer than recorded; it was altered or damaged where it is stored`;
          throw new StorageError('integrity', message, { driver: 'db', uri });
        }
        length += copied;
        at += copied;
        open -= copied;
        continue;
      }
      const copied = piece.copy(head, filled, at);
      at += copied;
      filled += copied;
      if (head.length === ROW_HEAD_BYTES && filled >= 2 && head.readInt16BE() === END) ended = true;
      if (ended || filled < head.length) continue;
      if (head.length === ROW_HEAD_BYTES) open = head.readInt32BE(2);
      if (open < 0) throw broken(uri, 'a row of it has no bytes');
      head = Buffer.alloc(ROW_HEAD_BYTES);
      filled = 0;
    }
  }
  if (!ended) throw broken(uri, 'the database ended its answer too early');
  return length === limit ? bytes : bytes.subarray(0, length);
}

function broken(uri: string, why: string): StorageError {
  return new StorageError('unavailable', `content ${uri} cannot be read: ${why}`, { driver: 'db', uri });
}

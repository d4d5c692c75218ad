import type { ByteReader } from './byte-reader.js';
import type { ByteWriter } from './byte-writer.js';

/**
 * Writes paths in their order, each as the number of bytes that it shares with the one before, the number of further
 * bytes and these bytes. Sorted paths share most of their bytes.
 */
export function writePaths(writer: ByteWriter, paths: readonly string[]): void {
  let previous = Buffer.alloc(0);
  for (const path of paths) {
    const bytes = Buffer.from(path);
    const limit = Math.min(previous.length, bytes.length);
    let shared = 0;
    while (shared < limit && previous[shared] === bytes[shared]) shared += 1;
    writer.varint(shared);
    writer.varint(bytes.length - shared);
    writer.bytes(bytes.subarray(shared));
    previous = bytes;
  }
}

/** Reads `count` paths that {@link writePaths} wrote. Throws RangeError when the bytes are no such list. */
export function readPaths(reader: ByteReader, count: number): string[] {
  const paths: string[] = [];
  let scratch = Buffer.allocUnsafe(512);
  for (let at = 0; at < count; at += 1) {
    const shared = reader.varint();
    const more = reader.bytes(reader.varint());
    const length = shared + more.length;
    if (length > scratch.length) {
      const grown = Buffer.allocUnsafe(length * 2);
      scratch.copy(grown, 0, 0, shared);
      scratch = grown;
    }
    more.copy(scratch, shared);
    paths.push(scratch.toString('utf8', 0, length));
  }
  return paths;
}

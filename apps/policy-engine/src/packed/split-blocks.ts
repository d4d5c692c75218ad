import type { FileTable } from './file-table.js';

/** Files of a block on average; a power of two. A path lookup decodes one block. */
const AVERAGE = 512;
const LEAST = 64;
const MOST = 2048;

/**
 * Cuts a sorted tree into blocks where the paths themselves say so: a block ends behind a path whose hash has certain
 * bits. A file that one image has and another lacks then changes the block it is in and leaves all others equal, so that
 * images with the same base share them.
 */
export function* splitBlocks(table: FileTable, rows: Uint32Array): Generator<Uint32Array> {
  let start = 0;
  for (let at = 0; at < rows.length; at += 1) {
    const length = at + 1 - start;
    if (length < LEAST) continue;
    if (length < MOST && (hash(table, rows[at] as number) & (AVERAGE - 1)) !== 0) continue;
    yield rows.subarray(start, at + 1);
    start = at + 1;
  }
  if (start < rows.length) yield rows.subarray(start);
}

/** FNV-1a over the bytes of the path, its high bits mixed into the low ones. */
function hash({ paths }: FileTable, row: number): number {
  const { bytes } = paths;
  const end = paths.end(row);
  let value = 0x811c9dc5;
  for (let at = paths.start(row); at < end; at += 1) value = Math.imul(value ^ (bytes[at] as number), 0x01000193);
  return (value ^ (value >>> 15)) >>> 0;
}

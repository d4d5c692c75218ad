import type { Readable } from 'node:stream';

/** Content is cut into rows of this many bytes. */
export const CHUNK_BYTES = 1024 * 1024;
/** Chunks that one statement writes or reads: 4 MiB of content. */
export const BATCH = 4;

/** The body in batches of up to {@link BATCH} chunks, each exactly {@link CHUNK_BYTES} long but the very last. */
export async function* batches(body: Readable): AsyncGenerator<Buffer[]> {
  const limit = BATCH * CHUNK_BYTES;
  let pieces: Buffer[] = [];
  let length = 0;
  for await (const part of body as AsyncIterable<Buffer | string>) {
    let rest = typeof part === 'string' ? Buffer.from(part) : part;
    while (rest.length > 0) {
      const piece = rest.subarray(0, limit - length);
      pieces.push(piece);
      length += piece.length;
      rest = rest.subarray(piece.length);
      if (length === limit) {
        yield cut(pieces);
        pieces = [];
        length = 0;
      }
    }
  }
  if (length > 0) yield cut(pieces);
}

function cut(pieces: Buffer[]): Buffer[] {
  const bytes = pieces.length === 1 && pieces[0] ? pieces[0] : Buffer.concat(pieces);
  const chunks: Buffer[] = [];
  for (let at = 0; at < bytes.length; at += CHUNK_BYTES) chunks.push(bytes.subarray(at, at + CHUNK_BYTES));
  return chunks;
}

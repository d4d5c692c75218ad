import type { Readable } from 'node:stream';
import { ImageError } from '../image-source.js';

/**
 * Collects a small stream (manifest, config, token). The stream is destroyed when it exceeds the limit.
 *
 * @throws ImageError `too_large`, or the stream's own error.
 */
export async function readAll(stream: Readable, limit: number, what: string): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > limit) {
      // Leaving the loop destroys the stream.
      throw new ImageError('too_large', `${what} is larger than the limit of ${limit} bytes`);
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

import type { FileHandle } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { ImageError } from '../image-source.js';

const CHUNK = 256 * 1024;

export interface FileRange {
  handle: FileHandle;
  offset: number;
  size: number;
  /** For messages. */
  name: string;
}

/** Part of an open file as a stream whose errors are ImageErrors. The handle stays open. */
export function readRange(range: FileRange, signal?: AbortSignal): Readable {
  return Readable.from(chunks(range, signal), { objectMode: false });
}

async function* chunks({ handle, offset, size, name }: FileRange, signal?: AbortSignal): AsyncGenerator<Buffer> {
  for (let at = 0; at < size;) {
    if (signal?.aborted) throw new ImageError('aborted', `reading ${name} was aborted`, signal.reason);
    const chunk = Buffer.allocUnsafe(Math.min(CHUNK, size - at));
    const bytesRead = await readSome(handle, chunk, offset + at, name);
    if (bytesRead === 0) throw new ImageError('size_mismatch', `${name} became shorter while it was read`);
    at += bytesRead;
    yield chunk.subarray(0, bytesRead);
  }
}

async function readSome(handle: FileHandle, chunk: Buffer, position: number, name: string): Promise<number> {
  try {
    return (await handle.read(chunk, 0, chunk.length, position)).bytesRead;
  } catch (error) {
    throw new ImageError(
      'unknown',
      `cannot read ${name} (${(error as NodeJS.ErrnoException).code}); check the disk`,
      error,
    );
  }
}

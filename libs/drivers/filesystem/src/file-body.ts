import { open, type FileHandle } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { toStorageError } from './failure.js';

/** Bytes a read takes; each goes through the thread pool, so the usual 64 KiB cost more in passing than in reading. */
const READ_BYTES = 512 * 1024;

/**
 * The content of a file. An open file stays readable when its name is deleted, so a reader always gets all of it. What
 * one read takes is read here and now; longer content keeps the file open until the stream is consumed or destroyed.
 *
 * @throws the error of Node.js when the file cannot be opened; later failures destroy the stream with a StorageError.
 */
export async function openBody(path: string, uri: string): Promise<Readable> {
  const file = await open(path, 'r');
  try {
    const { size } = await file.stat();
    if (size > READ_BYTES) return new FileBody(file, uri);
    const content = await readShort(file, size);
    await file.close();
    return Readable.from(content.length === 0 ? [] : [content], { objectMode: false });
  } catch (error) {
    await file.close().catch(() => undefined); // the first failure is the one to tell
    throw error;
  }
}

async function readShort(file: FileHandle, size: number): Promise<Buffer> {
  const content = Buffer.allocUnsafe(size);
  let length = 0;
  while (length < size) {
    const { bytesRead } = await file.read(content, length, size - length, length);
    if (bytesRead === 0) break; // cut from outside; the digest tells
    length += bytesRead;
  }
  return content.subarray(0, length);
}

class FileBody extends Readable {
  constructor(
    private readonly file: FileHandle,
    private readonly uri: string,
  ) {
    super({ highWaterMark: READ_BYTES });
  }

  override _read(): void {
    this.file.read(Buffer.allocUnsafeSlow(READ_BYTES), 0, READ_BYTES, null).then(
      ({ bytesRead, buffer }) => this.push(bytesRead === 0 ? null : buffer.subarray(0, bytesRead)),
      (error: unknown) => this.destroy(toStorageError(`reading ${this.uri}`, error, this.uri)),
    );
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.file.close().then(
      () => done(error),
      (failure: unknown) => done(error ?? toStorageError(`closing ${this.uri}`, failure, this.uri)),
    );
  }
}

import { open, type FileHandle } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { toStorageError } from './failure.js';

/** Most that one read takes: each takes a turn in the thread pool, so small ones cost more in passing than in reading. */
const PIECE_BYTES = 512 * 1024;

/**
 * The content of an open file, as a stream that closes it. Node's own file streams cost a small file several times what its
 * reading costs.
 */
export class FileBody extends Readable {
  private at = 0;

  private constructor(
    private readonly file: FileHandle,
    private readonly size: number,
    private readonly uri: string,
  ) {
    super({ highWaterMark: 1 });
  }

  /** Opens the file. It stays readable when its name is deleted meanwhile. Rejects with the error of the system. */
  static async open(path: string, uri: string): Promise<FileBody> {
    const file = await open(path, 'r');
    try {
      return new FileBody(file, (await file.stat()).size, uri);
    } catch (error) {
      await file.close();
      throw error;
    }
  }

  override _read(): void {
    const wanted = Math.min(this.size - this.at, PIECE_BYTES);
    if (wanted === 0) {
      this.push(null);
      return;
    }
    this.file.read(Buffer.allocUnsafe(wanted), 0, wanted).then(
      ({ buffer, bytesRead }) => {
        this.at += bytesRead;
        const ended = bytesRead === 0 || this.at === this.size;
        if (bytesRead > 0) this.push(bytesRead === wanted ? buffer : buffer.subarray(0, bytesRead));
        if (ended) this.push(null);
      },
      (error: unknown) => this.destroy(toStorageError(`reading ${this.uri}`, error, this.uri)),
    );
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.file.close().then(
      () => done(error),
      (failure: unknown) => done(error ?? toStorageError(`closing ${this.uri}`, failure, this.uri)),
    );
  }
}

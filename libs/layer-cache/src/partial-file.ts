import { open, type FileHandle } from 'node:fs/promises';

/** Bytes collected before they are written. */
const BATCH = 512 * 1024;

/**
 * Writes a download beside its being read: collecting goes on while the former batch is written. A disk that fails ends
 * the storing, never the reading.
 */
export class PartialFile {
  private pending: Buffer[] = [];
  private pendingBytes = 0;
  private writing: Promise<void> = Promise.resolve();
  private failure: Error | undefined;

  private constructor(private readonly handle: FileHandle) {}

  /** Opens the file that the reservation made. */
  static async open(path: string): Promise<PartialFile> {
    return new PartialFile(await open(path, 'r+'));
  }

  /** Why storing ended early. */
  get failed(): Error | undefined {
    return this.failure;
  }

  /** Takes bytes that nobody changes any more; waits while two batches are on their way. */
  async write(chunk: Buffer): Promise<void> {
    if (this.failure) return;
    this.pending.push(chunk);
    this.pendingBytes += chunk.length;
    if (this.pendingBytes >= BATCH) await this.flush();
  }

  /**
   * Everything is in the file when this resolves, unless {@link failed}. It is not forced to the disk: that takes long on a
   * busy one, and a blob that a power cut damaged is found out when it is read.
   */
  async finish(): Promise<void> {
    await this.flush();
    await this.writing;
    await this.close();
  }

  async close(): Promise<void> {
    await this.writing;
    await this.attempt(() => this.handle.close());
  }

  private async flush(): Promise<void> {
    await this.writing;
    const batch = this.pending;
    this.pending = [];
    this.pendingBytes = 0;
    if (batch.length === 0) return;
    this.writing = this.attempt(async () => {
      // A short write (a full disk) is continued, and then fails with its reason.
      for (let rest = Buffer.concat(batch); rest.length > 0;) {
        const { bytesWritten } = await this.handle.write(rest);
        rest = rest.subarray(bytesWritten);
      }
    });
  }

  private async attempt(act: () => Promise<unknown>): Promise<void> {
    try {
      await act();
    } catch (error) {
      this.failure ??= error as Error;
      this.pending = [];
    }
  }
}

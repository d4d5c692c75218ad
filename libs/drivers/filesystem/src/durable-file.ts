import { open, rename, type FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';
import { addAbortSignal, type Readable } from 'node:stream';
import { makeDirectories } from './make-directories.js';

/** Bytes that are gathered for one write: every call takes a turn in the thread pool. */
const WRITE_BYTES = 512 * 1024;

/** Writes a new file and has it on disk when this resolves. @returns its length in bytes */
export async function writeDurably(path: string, body: Readable, signal?: AbortSignal): Promise<number> {
  const file = await open(path, 'wx', 0o640);
  try {
    let [size, pending]: [number, Buffer[]] = [0, []];
    let gathered = 0;
    for await (const chunk of (signal ? addAbortSignal(signal, body) : body) as AsyncIterable<Buffer | string>) {
      const bytes = typeof chunk === 'string' ? Buffer.from(chunk) : chunk;
      pending.push(bytes);
      gathered += bytes.length;
      if (gathered < WRITE_BYTES) continue;
      await writeAll(file, pending);
      size += gathered;
      [pending, gathered] = [[], 0];
    }
    if (gathered > 0) await writeAll(file, pending);
    await file.sync();
    return size + gathered;
  } finally {
    await file.close();
  }
}

/** A single write may take only a part of what it is given, on a disk that gets full say. */
async function writeAll(file: FileHandle, chunks: Buffer[]): Promise<void> {
  for (let rest = chunks; rest.length > 0;) {
    const { bytesWritten } = await file.writev(rest);
    rest = without(rest, bytesWritten);
  }
}

/** What is left of the chunks behind their first `bytes` bytes. */
function without(chunks: Buffer[], bytes: number): Buffer[] {
  let open = bytes;
  const first = chunks.findIndex((chunk) => {
    if (open < chunk.length) return true;
    open -= chunk.length;
    return false;
  });
  if (first === -1) return [];
  return chunks.slice(first).map((chunk, index) => (index === 0 ? chunk.subarray(open) : chunk));
}

/**
 * A directory that files are moved into by {@link DurableDirectory.take}. It is opened while the file is still being
 * written and made when it is missing.
 */
export class DurableDirectory {
  private constructor(private readonly handle: FileHandle) {}

  /** The name of a new directory is on disk when this resolves, and so are those above it that were missing too. */
  static async open(path: string): Promise<DurableDirectory> {
    try {
      return new DurableDirectory(await open(path, 'r'));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    }
    const created = await makeDirectories(path, 0o750);
    const top = created === undefined ? path : dirname(created);
    for (let at = path; at !== top && at !== dirname(at);) {
      at = dirname(at);
      await syncDirectory(at);
    }
    return new DurableDirectory(await open(path, 'r'));
  }

  /** Gives a file its final name; the name survives a power failure once this resolves. */
  async take(from: string, to: string): Promise<void> {
    await rename(from, to);
    await this.handle.sync();
  }

  close(): Promise<void> {
    return this.handle.close();
  }
}

async function syncDirectory(path: string): Promise<void> {
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

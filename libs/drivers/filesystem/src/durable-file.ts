import { mkdir, open, rename, type FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';
import { addAbortSignal, type Readable } from 'node:stream';

/** Bytes that go to the file in one call; each call costs a trip through the thread pool. */
const WRITE_BYTES = 512 * 1024;

/** Writes a new file and has it on disk when this resolves. @returns its length in bytes */
export async function writeDurably(path: string, body: Readable, signal?: AbortSignal): Promise<number> {
  const file = await open(path, 'wx', 0o640);
  try {
    const length = await writeAll(file, signal ? addAbortSignal(signal, body) : body);
    await file.sync();
    return length;
  } finally {
    await file.close();
  }
}

async function writeAll(file: FileHandle, body: Readable): Promise<number> {
  let length = 0;
  let waiting: Buffer[] = [];
  let bytes = 0;
  const flush = async (): Promise<void> => {
    const [first] = waiting;
    // writeFile goes on after a short write; on a handle it appends.
    if (first) await file.writeFile(waiting.length === 1 ? first : Buffer.concat(waiting, bytes));
    length += bytes;
    waiting = [];
    bytes = 0;
  };
  for await (const part of body as AsyncIterable<Buffer | string>) {
    const chunk = typeof part === 'string' ? Buffer.from(part) : part;
    waiting.push(chunk);
    bytes += chunk.length;
    if (bytes >= WRITE_BYTES) await flush();
  }
  await flush();
  return length;
}

/** Gives a file its final name; the name survives a power failure once this resolves. */
export async function moveDurably(from: string, to: string): Promise<void> {
  const directory = dirname(to);
  try {
    await rename(from, to);
    await syncDirectory(directory);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    await moveToNewDirectory(from, to);
  }
}

/** A new directory's own name must be on disk as well, and so on up to the first one that was there before. */
async function moveToNewDirectory(from: string, to: string): Promise<void> {
  const directory = dirname(to);
  const created = await mkdir(directory, { recursive: true, mode: 0o750 });
  await rename(from, to);
  const top = created === undefined ? directory : dirname(created);
  const changed: string[] = [];
  for (let at = directory; ; at = dirname(at)) {
    changed.push(at);
    if (at === top || at === dirname(at)) break;
  }
  await Promise.all(changed.map(syncDirectory));
}

async function syncDirectory(path: string): Promise<void> {
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

import { mkdir, open, rename, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { addAbortSignal, type Readable } from 'node:stream';

/** Writes a new file and has it on disk when this resolves. @returns its length in bytes */
export async function writeDurably(path: string, body: Readable, signal?: AbortSignal): Promise<number> {
  const file = await open(path, 'wx', 0o640);
  try {
    await writeFile(file, signal ? addAbortSignal(signal, body) : body);
    await file.sync();
    return (await file.stat()).size;
  } finally {
    await file.close();
  }
}

/** Gives a file its final name; the name survives a power failure once this resolves. */
export async function moveDurably(from: string, to: string): Promise<void> {
  const directory = dirname(to);
  const created = await mkdir(directory, { recursive: true, mode: 0o750 });
  await rename(from, to);
  const top = created === undefined ? directory : dirname(created);
  for (let at = directory; ; at = dirname(at)) {
    await syncDirectory(at);
    if (at === top || at === dirname(at)) return;
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

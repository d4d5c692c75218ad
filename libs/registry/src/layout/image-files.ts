import { constants } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { readAll } from '../blob/read-all.js';
import { ImageError } from '../image-source.js';
import { readRange } from './file-range.js';

/** The files of an image on disk, by name with `/`: a directory or the members of a tar archive. */
export interface ImageFiles {
  /** For messages. */
  readonly name: string;
  /** Size in bytes, or undefined when there is no such regular file. */
  size(file: string): Promise<number | undefined>;
  /** @throws ImageError `not_found` */
  open(file: string, signal?: AbortSignal): Promise<Readable>;
  close(): Promise<void>;
}

/** Reads a small file whole. @throws ImageError `not_found`, `too_large` */
export async function readFile(files: ImageFiles, file: string, limit: number): Promise<Buffer> {
  const size = await files.size(file);
  if (size === undefined) throw missingFile(files, file);
  const what = `${file} of ${files.name}`;
  if (size > limit) throw new ImageError('too_large', `${what} is larger than the limit of ${limit} bytes`);
  return readAll(await files.open(file), limit, what);
}

export function missingFile({ name }: Pick<ImageFiles, 'name'>, file: string): ImageError {
  return new ImageError('not_found', `${name} holds no file ${file}; the copy is incomplete or not an image`);
}

/** Opens a path for reading without waiting for the writer of a pipe; undefined unless it is a regular file. */
export async function openRegular(path: string): Promise<{ handle: FileHandle; size: number } | undefined> {
  let handle: FileHandle;
  try {
    handle = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === 'ENOENT' || code === 'ENOTDIR' || code === 'EISDIR') return undefined;
    if (code === 'EACCES' || code === 'EPERM') {
      throw new ImageError('unauthorized', `no permission to read ${path}; check its owner and mode`, error);
    }
    throw new ImageError('unknown', `cannot open ${path} (${code})`, error);
  }
  const stat = await handle.stat();
  if (stat.isFile()) return { handle, size: stat.size };
  await handle.close();
  return undefined;
}

/** A directory. The names asked for are fixed ones and `blobs/sha256/<hex>`, never names read from an image. */
export class DirectoryFiles implements ImageFiles {
  constructor(
    private readonly directory: string,
    readonly name: string = directory,
  ) {}

  async size(file: string): Promise<number | undefined> {
    const opened = await openRegular(join(this.directory, file));
    await opened?.handle.close();
    return opened?.size;
  }

  async open(file: string, signal?: AbortSignal): Promise<Readable> {
    const opened = await openRegular(join(this.directory, file));
    if (!opened) throw missingFile(this, file);
    const { handle, size } = opened;
    const stream = readRange({ handle, offset: 0, size, name: `${file} of ${this.name}` }, signal);
    // Nothing was written, so a failure to close loses nothing; it must only not end the process.
    return stream.once('close', () => void handle.close().catch(() => undefined));
  }

  async close(): Promise<void> {}
}

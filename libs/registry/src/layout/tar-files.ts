import type { FileHandle } from 'node:fs/promises';
import { posix } from 'node:path';
import type { Readable } from 'node:stream';
import { ImageError } from '../image-source.js';
import { readRange, type FileRange } from './file-range.js';
import { missingFile, openRegular, type ImageFiles } from './image-files.js';
import { padded, parsePax, parseTarHeader, TAR_BLOCK } from './tar-header.js';

const MAX_MEMBERS = 100_000;
const MAX_EXTENDED_HEADER = 1024 * 1024;
const MAX_LINKS = 10;

type Member = { offset: number; size: number } | { link: string };
type OpenArchive = { handle: FileHandle; members: ReadonlyMap<string, Member> };

/**
 * Members of an uncompressed tar archive by offset. Opening reads the headers only and jumps over the contents, so an
 * archive of any size opens in a few reads a member. Names lead to offsets, never to paths; links (older `docker save`
 * writes repeated layers as symbolic links) are followed inside the archive only.
 */
export class TarFiles implements ImageFiles {
  readonly name: string;
  #opened: Promise<OpenArchive> | undefined;

  /** Nothing is read yet. A file that cannot be read as a tar archive makes the first call fail. */
  constructor(private readonly path: string) {
    this.name = path;
  }

  async size(file: string): Promise<number | undefined> {
    return (await this.#find(file))?.size;
  }

  async open(file: string, signal?: AbortSignal): Promise<Readable> {
    const found = await this.#find(file);
    if (!found) throw missingFile(this, file);
    return readRange(found, signal);
  }

  async close(): Promise<void> {
    const opened = this.#opened;
    this.#opened = undefined;
    // An archive that could not be opened has nothing to close; its error went to the caller that met it.
    await opened?.then(({ handle }) => handle.close()).catch(() => undefined);
  }

  async #find(file: string): Promise<FileRange | undefined> {
    this.#opened ??= openArchive(this.path);
    const { handle, members } = await this.#opened;
    let name = normal(file);
    for (let links = 0; links <= MAX_LINKS; links++) {
      const member = members.get(name);
      if (!member) return undefined;
      if ('offset' in member) return { handle, ...member, name: `${file} of ${this.path}` };
      name = member.link;
    }
    return undefined;
  }
}

/**
 * @throws ImageError `not_found`, `unauthorized`, `not_supported` for a compressed archive, `invalid_manifest` when it is
 *   no tar archive or ends early
 */
async function openArchive(path: string): Promise<OpenArchive> {
  const opened = await openRegular(path);
  if (!opened) throw new ImageError('not_found', `there is no file ${path}`);
  const { handle, size } = opened;
  try {
    return { handle, members: await indexMembers(handle, size, path) };
  } catch (error) {
    await handle.close();
    throw error;
  }
}

async function indexMembers(handle: FileHandle, end: number, path: string): Promise<Map<string, Member>> {
  const members = new Map<string, Member>();
  let extended: { name?: string; linkname?: string; size?: number } = {};
  const block = Buffer.alloc(TAR_BLOCK);
  if (end < TAR_BLOCK) {
    await handle.read(block, 0, end, 0);
    throw notTar(block, 0, path);
  }
  for (let at = 0, headers = 0; at + TAR_BLOCK <= end; headers++) {
    if (headers > MAX_MEMBERS) throw new ImageError('too_large', `${path} has more than ${MAX_MEMBERS} members`);
    await handle.read(block, 0, TAR_BLOCK, at);
    const header = parseTarHeader(block);
    if (header === undefined) break;
    if (header === null) throw notTar(block, at, path);
    const offset = at + TAR_BLOCK;
    const size = /[xgLK]/.test(header.type) ? header.size : (extended.size ?? header.size);
    if (offset + size > end) {
      throw new ImageError(
        'invalid_manifest',
        `${path} is truncated: ${header.name.slice(0, 200)} ends after the file does`,
      );
    }
    if (/[xLK]/.test(header.type)) {
      if (size > MAX_EXTENDED_HEADER)
        throw new ImageError('too_large', `${path} has an extended header of ${size} bytes`);
      const content = Buffer.alloc(size);
      await handle.read(content, 0, size, offset);
      extended = { ...extended, ...extension(header.type, content) };
    } else if (header.type !== 'g') {
      const name = normal(extended.name ?? header.name);
      const target = extended.linkname ?? header.linkname;
      if (header.type === '0' || header.type === '7') members.set(name, { offset, size });
      else if (header.type === '2') members.set(name, { link: normal(posix.join(posix.dirname(name), target)) });
      else if (header.type === '1') members.set(name, { link: normal(target) });
      extended = {};
    }
    // Links and directories have no content whatever their size field says.
    at = offset + (/[1-6]/.test(header.type) ? 0 : padded(size));
  }
  return members;
}

function extension(type: string, content: Buffer): { name?: string; linkname?: string; size?: number } {
  if (type !== 'x') {
    const value = content.toString('utf8').replace(/\0.*$/s, '');
    return type === 'L' ? { name: value } : { linkname: value };
  }
  const pax = parsePax(content);
  const [name, linkname, size] = [pax.get('path'), pax.get('linkpath'), Number(pax.get('size') ?? Number.NaN)];
  return {
    ...(name !== undefined && { name }),
    ...(linkname !== undefined && { linkname }),
    ...(Number.isSafeInteger(size) && size >= 0 && { size }),
  };
}

function notTar(block: Buffer, at: number, path: string): ImageError {
  if (at === 0 && (block.readUInt16BE(0) === 0x1f8b || block.readUInt32LE(0) === 0xfd2fb528)) {
    return new ImageError('not_supported', `${path} is compressed; decompress it first (gunzip or unzstd)`);
  }
  return new ImageError('invalid_manifest', `${path} is not a tar archive (no header at byte ${at})`);
}

/** `./a//b` and `/a/b` are `a/b`; a name that climbs out becomes one that nothing asks for. */
function normal(name: string): string {
  return posix.normalize(`/${name}`).slice(1);
}

import type { EntryType } from '../inventory/layer-inventory.js';
import { BadHeader, BLOCK, entryType, isZeroBlock, parseHeader, parsePax, type RawHeader } from './tar-header.js';

/** An entry with extended headers applied. Names are raw bytes. */
export interface TarEntry {
  name: Buffer;
  linkName: Buffer;
  type: EntryType;
  mode: number;
  uid: number;
  gid: number;
  /** Bytes of content that follow. */
  size: number;
  mtime: number;
  /** Set when the content is stored with holes; the size of the whole file. The content that follows is not the file's. */
  sparseSize?: number;
}

/** Receives the entries in order: `entry`, `data` zero or more times, `end`. All calls are synchronous. */
export interface TarHandler {
  entry(entry: TarEntry): void;
  /** A view of the chunk given to `write`; copy it to keep it. */
  data(piece: Buffer): void;
  end(): void;
}

/** The archive is damaged. `offset` is the position in the uncompressed stream. */
export class TarError extends Error {
  constructor(
    reason: string,
    readonly offset: number,
  ) {
    super(reason);
  }
}

/** Extended headers and long names of this size and more are refused. */
const META_LIMIT = 1024 * 1024;

type State = 'header' | 'meta' | 'data' | 'padding' | 'sparse' | 'done';

/**
 * Reads a tar stream chunk by chunk: ustar, pax (POSIX.1-2001) and GNU long names, sparse files named but not expanded.
 * Synchronous, because a promise an entry costs more than the hashing of a small file.
 */
export class TarReader {
  private state: State = 'header';
  private readonly partial = Buffer.alloc(BLOCK);
  private filled = 0;
  private remaining = 0;
  private padding = 0;
  private offset = 0;
  private zeroBlocks = 0;
  private metaFlag = '';
  private metaParts: Buffer[] = [];
  private pax: Map<string, Buffer> | undefined;
  private globalPax = new Map<string, Buffer>();
  private longName: Buffer | undefined;
  private longLink: Buffer | undefined;
  private pendingSparse: RawHeader | undefined;
  private skipping = false;

  constructor(private readonly handler: TarHandler) {}

  /** Throws {@link TarError} for a damaged archive and whatever the handler throws. */
  write(chunk: Buffer): void {
    let at = 0;
    while (at < chunk.length && this.state !== 'done') {
      const before = at;
      switch (this.state) {
        case 'header':
        case 'sparse':
          at = this.takeBlock(chunk, at);
          break;
        case 'meta':
        case 'data': {
          const piece = chunk.subarray(at, at + this.remaining);
          at += piece.length;
          this.remaining -= piece.length;
          if (this.state === 'meta') this.metaParts.push(Buffer.from(piece));
          else this.handler.data(piece);
          if (this.remaining === 0) this.finishContent();
          break;
        }
        case 'padding': {
          const skipped = Math.min(this.padding, chunk.length - at);
          at += skipped;
          this.padding -= skipped;
          if (this.padding === 0) this.state = 'header';
          break;
        }
      }
      this.offset += at - before;
    }
  }

  /** Call after the last chunk. Throws {@link TarError} when the archive stops inside an entry. */
  end(): void {
    const padded = this.state === 'padding'; // some writers leave the last padding out
    const clean = this.state === 'done' || padded || (this.state === 'header' && this.filled === 0);
    if (!clean || this.pax || this.longName || this.longLink) throw this.damaged('archive ends inside an entry');
  }

  private takeBlock(chunk: Buffer, at: number): number {
    if (this.filled === 0 && chunk.length - at >= BLOCK) {
      this.useBlock(chunk.subarray(at, at + BLOCK));
      return at + BLOCK;
    }
    const taken = chunk.copy(this.partial, this.filled, at, at + BLOCK - this.filled);
    this.filled += taken;
    if (this.filled === BLOCK) {
      this.filled = 0;
      this.useBlock(this.partial);
    }
    return at + taken;
  }

  private useBlock(block: Buffer): void {
    try {
      if (this.state === 'sparse') {
        if (block[504] !== 1 && this.pendingSparse) this.begin(this.pendingSparse);
      } else if (isZeroBlock(block)) {
        this.zeroBlocks += 1;
        if (this.zeroBlocks === 2) this.state = 'done';
      } else if (this.zeroBlocks > 0) {
        throw new BadHeader('a lone zero block between entries');
      } else {
        this.dispatch(parseHeader(block));
      }
    } catch (error) {
      throw error instanceof BadHeader ? this.damaged(error.message) : error;
    }
  }

  private dispatch(header: RawHeader): void {
    if ('xgLK'.includes(header.flag)) {
      if (header.size >= META_LIMIT) throw new BadHeader(`extended header of ${header.size} bytes`);
      this.metaFlag = header.flag;
      this.metaParts = [];
      this.startContent('meta', header.size);
    } else if (header.sparseExtended) {
      this.pendingSparse = header;
      this.state = 'sparse';
    } else {
      this.begin(header);
    }
  }

  private begin(header: RawHeader): void {
    const pax = (key: string) => this.pax?.get(key) ?? this.globalPax.get(key);
    const name = pax('path') ?? this.longName ?? header.name;
    const linkName = pax('linkpath') ?? this.longLink ?? header.linkName;
    if (name.includes(0) || linkName.includes(0)) throw new BadHeader('name that contains a NUL byte');
    const size = paxInteger(pax('size')) ?? header.size;
    const sparse =
      header.flag === 'S' ? header.sparseSize : paxInteger(pax('GNU.sparse.realsize') ?? pax('GNU.sparse.size'));
    const type = entryType(header.flag, name);
    const entry = {
      name: pax('GNU.sparse.name') ?? name,
      linkName,
      mode: header.mode,
      uid: paxInteger(pax('uid')) ?? header.uid,
      gid: paxInteger(pax('gid')) ?? header.gid,
      mtime: paxSeconds(pax('mtime')) ?? header.mtime,
    };
    this.pax = this.longName = this.longLink = this.pendingSparse = undefined;
    // Only regular files have content; writers may still state a size on links and directories.
    const content = type === undefined || type === 'file' ? size : 0;
    this.skipping = type === undefined;
    if (type !== undefined) {
      this.handler.entry({ ...entry, type, size: content, ...(sparse === undefined ? {} : { sparseSize: sparse }) });
    }
    this.startContent('data', content);
  }

  private startContent(state: 'meta' | 'data', size: number): void {
    this.state = state;
    this.remaining = size;
    this.padding = (BLOCK - (size % BLOCK)) % BLOCK;
    if (size === 0) this.finishContent();
  }

  private finishContent(): void {
    const wasMeta = this.state === 'meta';
    this.state = this.padding > 0 ? 'padding' : 'header';
    if (!wasMeta) {
      if (!this.skipping) this.handler.end();
      return;
    }
    const data = Buffer.concat(this.metaParts);
    this.metaParts = [];
    try {
      if (this.metaFlag === 'x') this.pax = parsePax(data);
      else if (this.metaFlag === 'g') for (const [key, value] of parsePax(data)) this.globalPax.set(key, value);
      else if (this.metaFlag === 'L') this.longName = untilNul(data);
      else this.longLink = untilNul(data);
    } catch (error) {
      throw error instanceof BadHeader ? this.damaged(error.message) : error;
    }
  }

  private damaged(reason: string): TarError {
    return new TarError(reason, this.offset);
  }
}

function untilNul(data: Buffer): Buffer {
  const end = data.indexOf(0);
  return end < 0 ? data : data.subarray(0, end);
}

function paxInteger(value: Buffer | undefined): number | undefined {
  if (value === undefined || value.length === 0) return undefined;
  const number = Number(value.toString('latin1'));
  if (!Number.isSafeInteger(number) || number < 0) throw new BadHeader('extended header with a number out of range');
  return number;
}

function paxSeconds(value: Buffer | undefined): number | undefined {
  if (value === undefined || value.length === 0) return undefined;
  const number = Math.floor(Number(value.toString('latin1')));
  if (!Number.isSafeInteger(number)) throw new BadHeader('extended header with a time out of range');
  return number;
}

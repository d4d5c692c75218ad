import type { EntryType } from '../inventory/layer-inventory.js';
import { MAX_MAP_ENTRIES, parseSparseMap, SparseContent } from './sparse-content.js';
import {
  BadHeader,
  BLOCK,
  entryType,
  isZeroBlock,
  parseHeader,
  parsePax,
  sparseParts,
  type RawHeader,
} from './tar-header.js';

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
  /** Set when the file has holes that are too large to be filled in; the content that follows is not the file's. */
  tooSparse?: boolean;
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

/** Bytes of holes in all files of an archive that are filled in. */
const HOLES_LIMIT = 1024 * 1024 * 1024;

type State = 'header' | 'meta' | 'data' | 'padding' | 'sparse' | 'done';

/**
 * Reads a tar stream chunk by chunk: ustar, pax (POSIX.1-2001), GNU long names and all forms of GNU sparse files.
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
  private sparse: SparseContent | undefined;
  private holes = 0;
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
          else this.giveData(piece);
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
        this.continueSparse(block);
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
    const stored = paxInteger(pax('size')) ?? header.size;
    const type = entryType(header.flag, name);
    const entry = {
      name: pax('GNU.sparse.name') ?? name,
      linkName,
      mode: header.mode,
      uid: paxInteger(pax('uid')) ?? header.uid,
      gid: paxInteger(pax('gid')) ?? header.gid,
      mtime: paxSeconds(pax('mtime')) ?? header.mtime,
    };
    // Only regular files have content; writers may still state a size on links and directories.
    const content = type === undefined || type === 'file' ? stored : 0;
    const sparse = type === 'file' ? this.sparseFile(header, content, pax) : undefined;
    this.pax = this.longName = this.longLink = this.pendingSparse = undefined;
    this.skipping = type === undefined;
    if (type !== undefined) this.handler.entry({ ...entry, type, size: content, ...sparse });
    this.startContent('data', content);
  }

  /** Prepares for the content of a file with holes: its whole size; undefined for other files. */
  private sparseFile(
    header: RawHeader,
    stored: number,
    pax: (key: string) => Buffer | undefined,
  ): { size: number; tooSparse?: boolean } | undefined {
    const old = header.flag === 'S';
    const size = old ? header.sparseSize : paxInteger(pax('GNU.sparse.realsize') ?? pax('GNU.sparse.size'));
    if (size === undefined) return undefined;
    const holes = Math.max(0, size - stored);
    if (this.holes + holes > HOLES_LIMIT) return { size, tooSparse: true };
    this.holes += holes;
    const inContent = pax('GNU.sparse.major')?.toString('latin1') === '1';
    const map = old
      ? header.sparseMap
      : inContent
        ? undefined
        : parseSparseMap(pax('GNU.sparse.map')?.toString('latin1') ?? '');
    this.sparse = new SparseContent(map, size, (piece) => this.handler.data(piece));
    return { size };
  }

  private continueSparse(block: Buffer): void {
    const header = this.pendingSparse;
    if (!header) return;
    header.sparseMap.push(...sparseParts(block, 0, 21));
    if (header.sparseMap.length > MAX_MAP_ENTRIES) throw new BadHeader('sparse file of too many parts');
    if (block[504] !== 1) this.begin(header);
  }

  private giveData(piece: Buffer): void {
    try {
      if (this.sparse) this.sparse.write(piece);
      else this.handler.data(piece);
    } catch (error) {
      throw error instanceof BadHeader ? this.damaged(error.message) : error;
    }
  }

  private endData(): void {
    try {
      this.sparse?.end();
    } catch (error) {
      throw error instanceof BadHeader ? this.damaged(error.message) : error;
    }
    this.sparse = undefined;
    if (!this.skipping) this.handler.end();
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
      this.endData();
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

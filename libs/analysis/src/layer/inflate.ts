import type { Readable, Transform } from 'node:stream';
import { createGunzip, createZstdDecompress } from 'node:zlib';
import { AnalysisError } from '../errors.js';
import { ZstdFrames } from './zstd-frames.js';

export type Compression = 'gzip' | 'zstd' | 'none';

/** Uncompressed bytes handed over at once; large, because each piece is a round trip to the inflating thread. */
const PIECE = 512 * 1024;

/** Counters that stay current while the stream is read. */
export interface Inflating {
  compressedBytes: number;
  compression: Compression | undefined;
}

/** Compression by magic number: RFC 1952 (gzip), RFC 8878 (zstd, also skippable frames); a tar header has neither. */
export function sniffCompression(start: Buffer): Compression {
  if (start[0] === 0x1f && start[1] === 0x8b) return 'gzip';
  if (start.length >= 4) {
    const magic = start.readUInt32LE(0);
    if (magic === 0xfd2fb528 || (magic & 0xfffffff0) >>> 0 === 0x184d2a50) return 'zstd';
  }
  return 'none';
}

/**
 * The uncompressed bytes of `blob` in pieces. Inflating goes on in another thread while a piece is being used. The blob
 * is always read to its end, also past the end of the compressed data, so that a source which checks its digest can
 * object. Errors: `corrupt_compression`, `read_failed`, or whatever `signal` was aborted with.
 */
export async function* inflate(blob: Readable, state: Inflating, signal: AbortSignal): AsyncGenerator<Buffer> {
  const stop = () => blob.destroy(signal.reason as Error);
  signal.addEventListener('abort', stop, { once: true });
  if (signal.aborted) stop();
  const source = counted(blob, state, signal)[Symbol.asyncIterator]();
  try {
    const start = await firstBytes(source);
    state.compression = sniffCompression(start);
    if (state.compression === 'none') {
      if (start.length > 0) yield start;
      for (let next = await source.next(); !next.done; next = await source.next()) yield next.value;
      return;
    }
    const options = { chunkSize: PIECE, readableHighWaterMark: 3 * PIECE };
    const decoder = state.compression === 'gzip' ? createGunzip(options) : createZstdDecompress(options);
    const feeding = feed(decoder, start, source, state.compression === 'zstd');
    try {
      for await (const piece of decoder) yield piece as Buffer;
    } catch (error) {
      throw wrap(error);
    } finally {
      decoder.destroy();
      const failure = await feeding;
      if (failure !== undefined) throw failure; // the cause of what the decoder reports
    }
  } finally {
    signal.removeEventListener('abort', stop);
    blob.destroy();
  }
}

async function* counted(blob: Readable, state: Inflating, signal: AbortSignal): AsyncGenerator<Buffer> {
  try {
    for await (const chunk of blob) {
      const bytes = Buffer.isBuffer(chunk) ? chunk : Buffer.from(chunk as Uint8Array);
      state.compressedBytes += bytes.length;
      yield bytes;
    }
  } catch (error) {
    if (signal.aborted) throw signal.reason as Error;
    throw new AnalysisError('read_failed', `the layer's bytes could not be read: ${(error as Error).message}`, error);
  }
}

async function firstBytes(source: AsyncIterator<Buffer>): Promise<Buffer> {
  let start: Buffer = Buffer.alloc(0);
  while (start.length < 4) {
    const next = await source.next();
    if (next.done) break;
    start = start.length === 0 ? next.value : Buffer.concat([start, next.value]);
  }
  return start;
}

/** Writes the source into the decoder; gives back the source's error instead of throwing it, as nobody waits meanwhile. */
async function feed(
  decoder: Transform,
  start: Buffer,
  source: AsyncIterator<Buffer>,
  zstd: boolean,
): Promise<Error | undefined> {
  const finished = new Promise<void>((resolve) => decoder.once('close', resolve).once('end', resolve));
  const frames = zstd ? new ZstdFrames() : undefined;
  decoder.on('error', () => undefined); // reported by the reading side
  try {
    let chunk: Buffer | undefined = start;
    while (chunk !== undefined) {
      for (const piece of frames?.cut(chunk) ?? [chunk]) {
        // Waiting for each write keeps frames apart: what is queued may be handed on in one go.
        const written = new Promise<void>((resolve) => {
          if (decoder.destroyed || decoder.readableEnded) resolve();
          else decoder.write(piece, () => resolve());
        });
        await Promise.race([written, finished]);
      }
      if (decoder.destroyed && !decoder.readableEnded) return undefined;
      const next = await source.next();
      chunk = next.done ? undefined : next.value;
    }
    if (!decoder.destroyed) decoder.end();
    return undefined;
  } catch (error) {
    decoder.destroy(error as Error);
    return error as Error;
  }
}

function wrap(error: unknown): unknown {
  const code = (error as NodeJS.ErrnoException).code ?? '';
  if (!code.startsWith('Z_') && !code.startsWith('ZSTD_') && !code.startsWith('ERR_ZSTD')) return error;
  const reason = code === 'Z_BUF_ERROR' ? 'it stops in the middle' : (error as Error).message;
  return new AnalysisError('corrupt_compression', `the compressed data is damaged: ${reason}`, error);
}

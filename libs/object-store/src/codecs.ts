import { promisify } from 'node:util';
import type { Transform } from 'node:stream';
import {
  constants,
  createGunzip,
  createGzip,
  createInflate,
  createZstdCompress,
  createZstdDecompress,
  gzip,
  zstdCompress,
} from 'node:zlib';

/** How stored bytes relate to plain bytes. `zlib` (RFC 1950) is read only: the old system wrote it. */
export type Codec = 'identity' | 'gzip' | 'zlib' | 'zstd';

/** Codecs that new content may be written with: gzip is RFC 1952, zstd is RFC 8878. */
export const WRITE_CODECS = ['gzip', 'zstd'] as const;
export type WriteCodec = (typeof WRITE_CODECS)[number];

/** Levels of each codec, from fast to small; `usual` is the one of a configuration that names none. */
export const LEVELS: Readonly<Record<WriteCodec, { least: number; most: number; usual: number }>> = {
  gzip: { least: 1, most: 9, usual: 6 },
  // Levels above 19 want so much memory to decompress that readers would have to allow it.
  zstd: { least: 1, most: 19, usual: 3 },
};

const CODECS: readonly string[] = ['identity', 'gzip', 'zlib', 'zstd'];

export function isCodec(value: unknown): value is Codec {
  return typeof value === 'string' && CODECS.includes(value);
}

/** A fresh compressing stream. @param level within {@link LEVELS} of the codec */
export function createEncoder(codec: WriteCodec, level = LEVELS[codec].usual): Transform {
  return codec === 'zstd' ? createZstdCompress(zstdOptions(level)) : createGzip({ level });
}

/** A fresh decompressing stream, or undefined for `identity`. It fails on damaged and on truncated input. */
export function createDecoder(codec: Codec): Transform | undefined {
  switch (codec) {
    case 'identity':
      return undefined;
    case 'gzip':
      return createGunzip();
    case 'zlib':
      return createInflate();
    case 'zstd':
      return createZstdDecompress();
  }
}

/** Compresses a buffer that is in memory anyway. @param level within {@link LEVELS} of the codec */
export function encodeBuffer(codec: WriteCodec, plain: Buffer, level = LEVELS[codec].usual): Promise<Buffer> {
  return codec === 'zstd' ? promisify(zstdCompress)(plain, zstdOptions(level)) : promisify(gzip)(plain, { level });
}

const zstdOptions = (level: number) => ({ params: { [constants.ZSTD_c_compressionLevel]: level } });

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

const CODECS: readonly string[] = ['identity', 'gzip', 'zlib', 'zstd'];
const zstdOptions = { params: { [constants.ZSTD_c_compressionLevel]: 3 } };
const gzipOptions = { level: 6 };

export function isCodec(value: unknown): value is Codec {
  return typeof value === 'string' && CODECS.includes(value);
}

/** A fresh compressing stream. */
export function createEncoder(codec: WriteCodec): Transform {
  return codec === 'zstd' ? createZstdCompress(zstdOptions) : createGzip(gzipOptions);
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

/** Compresses a buffer that is in memory anyway. */
export function encodeBuffer(codec: WriteCodec, plain: Buffer): Promise<Buffer> {
  return codec === 'zstd' ? promisify(zstdCompress)(plain, zstdOptions) : promisify(gzip)(plain, gzipOptions);
}

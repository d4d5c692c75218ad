import { deflateRawSync, inflateRawSync } from 'node:zlib';
import { ByteReader } from './byte-reader.js';
import { ByteWriter } from './byte-writer.js';

/** The pieces have 1 to 20 kB: a small window and few hash chains find as much, and are set up in half the time. */
const DEFLATE = { windowBits: 13, memLevel: 6, level: 5 };
/** Nothing that is packed here is longer. Bytes. */
const MAX_PLAIN = 256 * 1024 * 1024;

/**
 * One buffer of two parts, of which the first is compressed (RFC 1951) and the second, digests, is as it was. DEFLATE and
 * not zstd: the pieces have a few kilobytes, for which Node.js sets up zstd three times as long as the whole DEFLATE takes;
 * and at once, because a way through the thread pool takes longer, too.
 */
export function deflated(first: Buffer, second: Buffer): Buffer {
  const packed = deflateRawSync(first, DEFLATE);
  const writer = new ByteWriter();
  writer.varint(packed.length);
  return Buffer.concat([writer.copy(), packed, second]);
}

/** Both parts of what {@link deflated} made. Throws RangeError or an error of zlib when the bytes are something else. */
export function inflated(packed: Buffer): { first: Buffer; second: Buffer } {
  const reader = new ByteReader(packed);
  const first = inflateRawSync(reader.bytes(reader.varint()), { maxOutputLength: MAX_PLAIN });
  return { first, second: reader.rest() };
}

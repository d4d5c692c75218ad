import { promisify } from 'node:util';
import { deflateRaw, inflateRawSync } from 'node:zlib';
import { ByteReader } from './byte-reader.js';
import { ByteWriter } from './byte-writer.js';

const deflate = promisify(deflateRaw);

/** Nothing that is packed here is longer. Bytes. */
const MAX_PLAIN = 256 * 1024 * 1024;

/**
 * One buffer of two parts, of which the first is compressed (RFC 1951) and the second, digests, is as it was. DEFLATE and
 * not zstd: the pieces have a few kilobytes, for which Node.js sets up zstd three times as long as the whole DEFLATE takes.
 */
export async function deflated(first: Buffer, second: Buffer): Promise<Buffer> {
  const packed = await deflate(first);
  const writer = new ByteWriter();
  writer.varint(packed.length);
  writer.bytes(packed);
  writer.bytes(second);
  return Buffer.from(writer.view());
}

/** Both parts of what {@link deflated} made. Throws RangeError or an error of zlib when the bytes are something else. */
export function inflated(packed: Buffer): { first: Buffer; second: Buffer } {
  const reader = new ByteReader(packed);
  const first = inflateRawSync(reader.bytes(reader.varint()), { maxOutputLength: MAX_PLAIN });
  return { first, second: reader.rest() };
}

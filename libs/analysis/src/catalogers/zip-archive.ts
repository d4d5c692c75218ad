import { crc32, inflateRawSync } from 'node:zlib';

/** A zip archive or one of its members cannot be read. */
export class ZipError extends Error {}

/** One member as the central directory states it. */
export interface ZipEntry {
  name: string;
  /** Bytes uncompressed, as stated. */
  size: number;
  packedSize: number;
  method: number;
  encrypted: boolean;
  crc: number;
  /** Of the local header. */
  offset: number;
}

const END = 0x06054b50;
const END_SIZE = 22;
const DIRECTORY_ENTRY = 0x02014b50;
const DIRECTORY_ENTRY_SIZE = 46;
const LOCAL = 0x04034b50;
const LOCAL_SIZE = 30;
const STORED = 0;
const DEFLATED = 8;

/**
 * Members of a zip archive that lies in memory (APPNOTE 6.3.10), read one after the other from its central directory.
 * Names are taken as they are and are good for comparing only. What precedes the archive is passed over, as with programs
 * that unpack themselves. Synchronous, because archives have ten thousands of members of which a few matter.
 *
 * Throws {@link ZipError} when there is no central directory and where it stops being one.
 */
export function* zipEntries(bytes: Buffer): Generator<ZipEntry> {
  const end = findEnd(bytes);
  const size = bytes.readUInt32LE(end + 12);
  // A 64-bit archive has its own end record and locator between the directory and this one.
  const zip64 = end >= 76 && bytes.readUInt32LE(end - 20) === 0x07064b50 ? end - 76 : end;
  const start = size === 0xffffffff ? Number(bytes.readBigUInt64LE(zip64 + 48)) : zip64 - size;
  if (start < 0 || start > bytes.length) throw new ZipError('its central directory lies outside of the file');
  const stated = bytes.readUInt32LE(end + 16);
  const shift = stated === 0xffffffff ? 0 : start - stated;
  for (let at = start; at + DIRECTORY_ENTRY_SIZE <= end && bytes.readUInt32LE(at) === DIRECTORY_ENTRY;) {
    const nameLength = bytes.readUInt16LE(at + 28);
    const next = at + DIRECTORY_ENTRY_SIZE + nameLength + bytes.readUInt16LE(at + 30) + bytes.readUInt16LE(at + 32);
    if (next > end) throw new ZipError('its central directory is cut off');
    yield {
      name: bytes.toString('utf8', at + DIRECTORY_ENTRY_SIZE, at + DIRECTORY_ENTRY_SIZE + nameLength),
      size: bytes.readUInt32LE(at + 24),
      packedSize: bytes.readUInt32LE(at + 20),
      method: bytes.readUInt16LE(at + 10),
      encrypted: (bytes.readUInt16LE(at + 8) & 1) !== 0,
      crc: bytes.readUInt32LE(at + 16),
      offset: bytes.readUInt32LE(at + 42) + shift,
    };
    at = next;
  }
}

/** Content of a member, proven by its checksum. Throws {@link ZipError} when it is damaged or has not the stated size. */
export function readZipEntry(bytes: Buffer, entry: ZipEntry): Buffer {
  const { name, offset } = entry;
  if (entry.encrypted) throw new ZipError(`${name} is encrypted`);
  if (offset < 0 || offset + LOCAL_SIZE > bytes.length || bytes.readUInt32LE(offset) !== LOCAL) {
    throw new ZipError(`${name} is not where it should be`);
  }
  const start = offset + LOCAL_SIZE + bytes.readUInt16LE(offset + 26) + bytes.readUInt16LE(offset + 28);
  if (start + entry.packedSize > bytes.length) throw new ZipError(`${name} is cut off`);
  const content = unpack(bytes.subarray(start, start + entry.packedSize), entry);
  if (content.length !== entry.size || crc32(content) !== entry.crc) throw new ZipError(`${name} is damaged`);
  return content;
}

function unpack(packed: Buffer, { name, method, size }: ZipEntry): Buffer {
  if (method === STORED) return packed;
  if (method !== DEFLATED) throw new ZipError(`${name} is packed in a way that is not known (${method})`);
  if (size === 0) return Buffer.alloc(0);
  try {
    return inflateRawSync(packed, { maxOutputLength: size });
  } catch (error) {
    throw new ZipError(`${name} cannot be unpacked: ${(error as Error).message}`);
  }
}

/** The end record is the last thing but for a comment of at most 65535 bytes. */
function findEnd(bytes: Buffer): number {
  const last = bytes.length - END_SIZE;
  for (let at = last; at >= Math.max(0, last - 0xffff); at -= 1) {
    if (bytes.readUInt32LE(at) === END) return at;
  }
  throw new ZipError('it has no central directory; it is cut off or no zip archive');
}

import { DatabaseError } from './page-set.js';

const SLOT = 16;
const SLOTS_PAGE = 4096;
const BLOCK = 16;
const TAIL = 12;

/** True when the bytes begin like a package file of rpm's own format ("ndb"). */
export function isNdb(bytes: Buffer): boolean {
  return bytes.length >= 32 && bytes.toString('latin1', 0, 4) === 'RpmP';
}

/**
 * The header blobs of rpm's ndb format (`Packages.db`, lib/backend/ndb/rpmpkg.c): slots that say where each package's
 * blob lies, all little-endian. A blob that is damaged is left out and told to `problem`.
 *
 * Throws {@link DatabaseError} for another version of the format and for slots outside of the file.
 */
export function* ndbBlobs(bytes: Buffer, problem: (text: string) => void): Generator<Buffer> {
  const version = bytes.readUInt32LE(4);
  if (version !== 0) throw new DatabaseError(`version ${version} of the format, only 0 is known`);
  const end = bytes.readUInt32LE(12) * SLOTS_PAGE;
  if (end > bytes.length) throw new DatabaseError('its slots lie outside of the file');
  const seen = new Set<number>();
  for (let at = 2 * SLOT; at + SLOT <= end; at += SLOT) {
    if (bytes.toString('latin1', at, at + 4) !== 'Slot') {
      problem(`what lies at byte ${at} is no slot`);
      continue;
    }
    const index = bytes.readUInt32LE(at + 4);
    if (index === 0) continue;
    const start = bytes.readUInt32LE(at + 8) * BLOCK;
    const size = bytes.readUInt32LE(at + 12) * BLOCK;
    // A blob states its package, so none can be had twice.
    const length = seen.has(index) ? undefined : blobLength(bytes, start, size, index);
    seen.add(index);
    if (length === undefined) problem(`package ${index} is damaged`);
    else yield bytes.subarray(start + SLOT, start + SLOT + length);
  }
}

/** Bytes of a blob's data; undefined when head and tail are not those of package `index`. */
function blobLength(bytes: Buffer, start: number, size: number, index: number): number | undefined {
  if (size < SLOT + TAIL || start + size > bytes.length) return undefined;
  const length = bytes.readUInt32LE(start + 12);
  const tail = start + size - TAIL;
  const sound =
    bytes.toString('latin1', start, start + 4) === 'BlbS' &&
    bytes.readUInt32LE(start + 4) === index &&
    length <= size - SLOT - TAIL &&
    bytes.readUInt32LE(tail) === adler32(bytes.subarray(start, tail)) &&
    bytes.readUInt32LE(tail + 4) === length &&
    bytes.toString('latin1', tail + 8, tail + 12) === 'BlbE';
  return sound ? length : undefined;
}

/** RFC 1950. */
function adler32(bytes: Buffer): number {
  let a = 1;
  let b = 0;
  for (let at = 0; at < bytes.length;) {
    // So many sums fit into 32 bits before the remainder has to be taken.
    for (const stop = Math.min(at + 3800, bytes.length); at < stop; at += 1) {
      a += bytes[at] ?? 0;
      b += a;
    }
    a %= 65_521;
    b %= 65_521;
  }
  return b * 65_536 + a;
}

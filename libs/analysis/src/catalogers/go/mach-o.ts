import { byteReader } from './byte-reader.js';
import { MAX_PARTS, type Executable, type Segment } from './executable.js';

const MACHINES: Record<number, string> = { 7: '386', 0x1000007: 'amd64', 12: 'arm', 0x100000c: 'arm64' };
const MAGICS = [0xfeedface, 0xfeedfacf, 0xcefaedfe, 0xcffaedfe];

const LC_SEGMENT = 1;
const LC_SEGMENT_64 = 0x19;
const READ_WRITE = 3;

export function isMachO(bytes: Buffer): boolean {
  return bytes.length >= 64 && MAGICS.includes(bytes.readUInt32BE(0));
}

/** Mach-O of 32 and 64 bits, either byte order (loader.h). */
export function parseMachO(bytes: Buffer): Executable {
  const little = bytes[0] !== 0xfe;
  const wide = (little ? bytes[0] : bytes[3]) === 0xcf;
  const at = byteReader(bytes, little);
  const word = wide ? 8 : 4;
  const segments: Segment[] = [];
  let section: Executable['section'];
  let command = wide ? 32 : 28;
  for (let i = 0; i < Math.min(at.u32(16), MAX_PARTS); i += 1) {
    const size = at.u32(command + 4);
    if (size < 8) break;
    if (at.u32(command) === (wide ? LC_SEGMENT_64 : LC_SEGMENT)) {
      const fields = command + 24;
      segments.push({
        address: at.word(fields, wide),
        size: at.word(fields + 3 * word, wide),
        offset: at.word(fields + 2 * word, wide),
        data: at.u32(fields + 4 * word + 4) === READ_WRITE,
      });
      const sections = Math.min(at.u32(fields + 4 * word + 8), MAX_PARTS);
      for (let j = 0; j < sections && !section; j += 1) {
        const entry = fields + 4 * word + 16 + j * (wide ? 80 : 68);
        if (bytes.toString('latin1', entry, entry + 16) !== '__go_buildinfo\0\0') continue;
        section = { address: at.word(entry + 32, wide), size: at.word(entry + 32 + word, wide) };
      }
    }
    command += size;
  }
  return { bytes, segments, section, architecture: MACHINES[at.u32(4)] ?? '' };
}

/** A universal file. Java classes begin with the same four bytes; a version number follows there, at least 45. */
export function isUniversal(bytes: Buffer): boolean {
  return bytes.length >= 64 && bytes.readUInt32BE(0) === 0xcafebabe && bytes.readUInt32BE(4) <= 16;
}

/** The files that a universal file is made of (fat.h). */
export function universalSlices(bytes: Buffer): Buffer[] {
  const at = byteReader(bytes, false);
  return Array.from({ length: at.u32(4) }, (_, index) => {
    const entry = 8 + index * 20;
    return bytes.subarray(at.u32(entry + 8), at.u32(entry + 8) + at.u32(entry + 12));
  });
}

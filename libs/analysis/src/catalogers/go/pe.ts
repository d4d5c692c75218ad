import { byteReader } from './byte-reader.js';
import { MAX_PARTS, type Executable, type Segment } from './executable.js';

const MACHINES: Record<number, string> = { 0x14c: '386', 0x1c4: 'arm', 0x8664: 'amd64', 0xaa64: 'arm64' };

/** Initialised data, to be read and written, not executed; the bits between are alignments. */
const DATA_MASK = 0xe0000040;
const DATA = 0xc0000040;

export function isPe(bytes: Buffer): boolean {
  return bytes.length >= 64 && bytes[0] === 0x4d && bytes[1] === 0x5a;
}

/** PE32 and PE32+ (Microsoft's "PE Format"). A file of DOS gives an executable without segments. */
export function parsePe(bytes: Buffer): Executable {
  const at = byteReader(bytes, true);
  const start = at.u32(60);
  const none: Executable = { bytes, segments: [], section: undefined, architecture: '' };
  if (bytes.toString('latin1', start, start + 4) !== 'PE\0\0') return none;
  const optional = start + 24;
  const base = at.u16(optional) === 0x20b ? at.word(optional + 24, true) : at.u32(optional + 28);
  const table = optional + at.u16(start + 20);
  const segments: Segment[] = [];
  for (let i = 0; i < Math.min(at.u16(start + 6), MAX_PARTS); i += 1) {
    const entry = table + i * 40;
    const inMemory = at.u32(entry + 8);
    const inFile = at.u32(entry + 16);
    segments.push({
      address: base + at.u32(entry + 12),
      size: inMemory === 0 ? inFile : Math.min(inMemory, inFile),
      offset: at.u32(entry + 20),
      data: (at.u32(entry + 36) & DATA_MASK) >>> 0 === DATA,
    });
  }
  return { ...none, segments, architecture: MACHINES[at.u16(start + 4)] ?? '' };
}

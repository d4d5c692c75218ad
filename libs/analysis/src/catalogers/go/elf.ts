import { byteReader, type ByteReader } from './byte-reader.js';
import { MAX_PARTS, type Executable, type Segment } from './executable.js';

const MACHINES: Record<number, string> = {
  3: '386',
  8: 'mips',
  20: 'ppc',
  21: 'ppc64',
  22: 's390x',
  40: 'arm',
  62: 'amd64',
  183: 'arm64',
  243: 'riscv64',
  258: 'loong64',
};

const PT_LOAD = 1;
const PF_EXECUTE = 1;
const PF_WRITE = 2;

/** Field offsets that differ between the two classes. */
const WIDE = { programs: 32, sections: 40, counts: 54, flags: 4, offset: 8, address: 16, size: 32 };
const NARROW = { programs: 28, sections: 32, counts: 42, flags: 24, offset: 4, address: 8, size: 16 };

export function isElf(bytes: Buffer): boolean {
  return bytes.length >= 64 && bytes.readUInt32BE(0) === 0x7f454c46;
}

/** ELF-64 and ELF-32 of either byte order (System V ABI, "Object Files"). */
export function parseElf(bytes: Buffer): Executable {
  const wide = bytes[4] === 2;
  const little = bytes[5] !== 2;
  const layout = wide ? WIDE : NARROW;
  const at = byteReader(bytes, little);
  const programs = at.word(layout.programs, wide);
  const size = at.u16(layout.counts);
  const segments: Segment[] = [];
  for (let i = 0; i < Math.min(at.u16(layout.counts + 2), MAX_PARTS); i += 1) {
    const base = programs + i * size;
    if (at.u32(base) !== PT_LOAD) continue;
    segments.push({
      address: at.word(base + layout.address, wide),
      size: at.word(base + layout.size, wide),
      offset: at.word(base + layout.offset, wide),
      data: (at.u32(base + layout.flags) & (PF_WRITE | PF_EXECUTE)) === PF_WRITE,
    });
  }
  return { bytes, segments, section: buildInfoSection(bytes, at, wide), architecture: architecture(at, wide, little) };
}

function architecture(at: ByteReader, wide: boolean, little: boolean): string {
  const name = MACHINES[at.u16(18)] ?? '';
  if (name === 'mips') return `mips${wide ? '64' : ''}${little ? 'le' : ''}`;
  return name === 'ppc64' && little ? 'ppc64le' : name;
}

function buildInfoSection(bytes: Buffer, at: ByteReader, wide: boolean): Executable['section'] {
  const layout = wide ? WIDE : NARROW;
  const table = at.word(layout.sections, wide);
  const size = at.u16(layout.counts + 4);
  const count = Math.min(at.u16(layout.counts + 6), MAX_PARTS);
  const names = at.u16(layout.counts + 8);
  if (table === 0 || names >= count || table + count * size > bytes.length) return undefined; // the file was stripped
  const word = (index: number, wideField: number, field: number) =>
    at.word(table + index * size + (wide ? wideField : field), wide);
  const texts = word(names, 24, 16);
  for (let i = 0; i < count; i += 1) {
    const name = texts + at.u32(table + i * size);
    if (bytes.toString('latin1', name, name + 14) === '.go.buildinfo\0') {
      return { address: word(i, 16, 12), size: word(i, 32, 20) };
    }
  }
  return undefined;
}

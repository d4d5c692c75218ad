import { isElf, parseElf } from './elf.js';
import { isMachO, isUniversal, parseMachO, universalSlices } from './mach-o.js';
import { isPe, parsePe } from './pe.js';

/** A range of a program's memory that comes from its file. */
export interface Segment {
  address: number;
  /** Bytes that the file has for it. */
  size: number;
  offset: number;
  /** It may be written to, and not executed. */
  data: boolean;
}

/** As much of an executable's structure as is needed to find what lies at an address. */
export interface Executable {
  bytes: Buffer;
  segments: Segment[];
  /** Where Go's build information begins, when a section says so. */
  section: { address: number; size: number } | undefined;
  /** As Go calls it (`amd64`, `arm64`, ...); '' when unknown. */
  architecture: string;
}

/** Segments and sections beyond are not looked at. */
export const MAX_PARTS = 1000;

/** Bytes at an address; undefined when the file does not have all of them. */
export function readAt(executable: Executable, address: number, size: number): Buffer | undefined {
  const segment = executable.segments.find((one) => address >= one.address && address < one.address + one.size);
  if (!segment || size > segment.address + segment.size - address) return undefined;
  const start = segment.offset + address - segment.address;
  return start + size > executable.bytes.length ? undefined : executable.bytes.subarray(start, start + size);
}

/**
 * Reads the headers of an ELF, PE or Mach-O file, of a universal Mach-O file those of each program in it. Throws a
 * RangeError for headers that are cut off; what is no executable gives an empty list.
 */
export function parseExecutables(bytes: Buffer): Executable[] {
  if (isElf(bytes)) return [parseElf(bytes)];
  if (isPe(bytes)) return [parsePe(bytes)];
  if (isMachO(bytes)) return [parseMachO(bytes)];
  return isUniversal(bytes) ? universalSlices(bytes).filter(isMachO).map(parseMachO) : [];
}

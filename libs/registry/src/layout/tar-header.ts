/** One 512-byte header of a tar archive (POSIX ustar, pax and GNU). */
export interface TarHeader {
  name: string;
  /** Bytes of content that follow, before padding. */
  size: number;
  /** `0` file, `1` hard link, `2` symbolic link, `5` directory, `x`/`g` pax, `L`/`K` GNU long name, ... */
  type: string;
  linkname: string;
}

export const TAR_BLOCK = 512;

/** @returns undefined for an all-zero block (the end of the archive); null when the block is no header. */
export function parseTarHeader(block: Buffer): TarHeader | undefined | null {
  if (block.every((byte) => byte === 0)) return undefined;
  if (!checksumHolds(block)) return null;
  const size = number(block.subarray(124, 136));
  if (size === null) return null;
  const magic = block.toString('latin1', 257, 262);
  const prefix = magic === 'ustar' && block[263] !== 0x20 ? text(block.subarray(345, 500)) : '';
  const name = text(block.subarray(0, 100));
  const type = block[156] === 0 ? '0' : String.fromCharCode(block[156] ?? 0x30);
  return { name: prefix ? `${prefix}/${name}` : name, size, type, linkname: text(block.subarray(157, 257)) };
}

/** `length key=value\n` records of a pax header; reading stops at the first malformed one. */
export function parsePax(content: Buffer): Map<string, string> {
  const records = new Map<string, string>();
  let at = 0;
  while (at < content.length) {
    const space = content.indexOf(0x20, at);
    const length = space < 0 ? Number.NaN : Number(content.toString('latin1', at, space));
    if (!Number.isInteger(length) || length <= space - at || at + length > content.length) break;
    const record = content.toString('utf8', space + 1, at + length - 1);
    const equals = record.indexOf('=');
    if (equals > 0) records.set(record.slice(0, equals), record.slice(equals + 1));
    at += length;
  }
  return records;
}

/** Bytes that content of a size takes in the archive. */
export function padded(size: number): number {
  return Math.ceil(size / TAR_BLOCK) * TAR_BLOCK;
}

function checksumHolds(block: Buffer): boolean {
  let sum = 0;
  for (let i = 0; i < TAR_BLOCK; i++) sum += i >= 148 && i < 156 ? 0x20 : (block[i] ?? 0);
  return number(block.subarray(148, 156)) === sum;
}

/** Octal text, or GNU base-256 when the first bit is set; null when neither or too large. */
function number(field: Buffer): number | null {
  if (((field[0] ?? 0) & 0x80) !== 0) {
    let value = BigInt((field[0] ?? 0) & 0x7f);
    for (const byte of field.subarray(1)) value = value * 256n + BigInt(byte);
    return value <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value) : null;
  }
  const digits = text(field).trim();
  return /^[0-7]*$/.test(digits) ? Number.parseInt(digits || '0', 8) : null;
}

function text(field: Buffer): string {
  const end = field.indexOf(0);
  return field.toString('utf8', 0, end < 0 ? field.length : end);
}

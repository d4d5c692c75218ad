/** Numbers of one byte order in a file; reading outside of it throws a RangeError. */
export interface ByteReader {
  u16(at: number): number;
  u32(at: number): number;
  /** 64 bits when `wide`, else 32. Addresses past 2^53 lose precision and then match nothing. */
  word(at: number, wide: boolean): number;
}

export function byteReader(bytes: Buffer, little: boolean): ByteReader {
  const u32 = (at: number) => (little ? bytes.readUInt32LE(at) : bytes.readUInt32BE(at));
  return {
    u16: (at) => (little ? bytes.readUInt16LE(at) : bytes.readUInt16BE(at)),
    u32,
    word: (at, wide) => (wide ? Number(little ? bytes.readBigUInt64LE(at) : bytes.readBigUInt64BE(at)) : u32(at)),
  };
}

import { crc32 } from 'node:zlib';

/** A member that is deflated already, with the size that the archive is to state. */
export interface PackedMember {
  packed: Buffer;
  size: number;
}

/** A zip archive (APPNOTE 4.3). Members are stored as they are, or are given packed. */
export function buildZip(entries: Record<string, string | Buffer | PackedMember>): Buffer {
  const locals: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const [path, content] of Object.entries(entries)) {
    const name = Buffer.from(path);
    const packed = typeof content === 'object' && 'packed' in content ? content : undefined;
    const data = packed?.packed ?? Buffer.from(content as string);
    const facts = Buffer.alloc(26); // from "version needed" to "extra length", the same in both headers
    facts.writeUInt16LE(20, 0);
    facts.writeUInt16LE(packed ? 8 : 0, 4);
    facts.writeUInt32LE(crc32(data), 10);
    facts.writeUInt32LE(data.length, 14);
    facts.writeUInt32LE(packed?.size ?? data.length, 18);
    facts.writeUInt16LE(name.length, 22);
    const local = Buffer.concat([Buffer.from('PK\x03\x04'), facts, name, data]);
    const tail = Buffer.alloc(14);
    tail.writeUInt32LE(offset, 10);
    directory.push(Buffer.concat([Buffer.from('PK\x01\x02'), Buffer.from([20, 0]), facts, tail, name]));
    locals.push(local);
    offset += local.length;
  }
  const index = Buffer.concat(directory);
  const end = Buffer.alloc(22);
  end.write('PK\x05\x06', 'latin1');
  end.writeUInt16LE(directory.length, 8);
  end.writeUInt16LE(directory.length, 10);
  end.writeUInt32LE(index.length, 12);
  end.writeUInt32LE(offset, 16);
  return Buffer.concat([...locals, index, end]);
}

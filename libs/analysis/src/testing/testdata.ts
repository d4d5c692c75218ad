import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';

/** Content of a file below `testdata`, unpacked when its name ends in `.gz`. */
export function testdata(path: string): Buffer {
  const bytes = readFileSync(join(__dirname, '../../testdata', path));
  return path.endsWith('.gz') ? gunzipSync(bytes) : bytes;
}

/** Damaged copies of some bytes, the same ones in every run: overwritten in a few places, some cut off too. */
export function* damagedCopies(bytes: Buffer, count: number): Generator<Buffer> {
  let seed = 1;
  const random = (below: number) => (seed = (seed * 48_271) % 2_147_483_647) % below;
  for (let i = 0; i < count; i += 1) {
    const copy = Buffer.from(bytes);
    for (let change = 0; change <= i % 8; change += 1) {
      // Half of the changes hit the start, where the structure is.
      const at = random(change % 2 === 0 ? Math.min(bytes.length, 4096) : bytes.length);
      copy[at] = [0, 0xff, random(256), 1 << random(8)][random(4)] ?? 0;
    }
    yield i % 5 === 0 ? copy.subarray(0, random(bytes.length)) : copy;
  }
}

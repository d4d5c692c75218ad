import { createHash, type Hash } from 'node:crypto';
import { Readable } from 'node:stream';
import { address, noise } from './content.js';
import { LARGE_BYTES, type LargeStreamOptions, type LargeStreamResult } from './large-stream.js';
import { peakRssMb } from './peak-memory.js';
import { pluginDriver } from './plugin-driver.js';

// The program that largeStream() runs: options as JSON in, result as JSON out.

const PIECE = 256 * 1024;

/** Bytes in which no two pieces are equal, without making each anew. */
function* content(bytes: number, hash: Hash): Generator<Buffer> {
  const piece = noise(PIECE);
  for (let at = 0; at < bytes; at += PIECE) {
    const part = Buffer.from(piece.subarray(0, Math.min(PIECE, bytes - at)));
    part.writeUInt32BE(at / PIECE, 0);
    hash.update(part);
    yield part;
  }
}

async function run({ bytes = LARGE_BYTES, ...wanted }: LargeStreamOptions): Promise<LargeStreamResult> {
  const { driver, close } = await pluginDriver(wanted);
  const [written, read] = [createHash('sha256'), createHash('sha256')];
  const started = performance.now();
  const { uri, size } = await driver.put(address(), Readable.from(content(bytes, written), { objectMode: false }));
  const stored = performance.now();
  for await (const chunk of (await driver.get(uri)) as AsyncIterable<Buffer>) read.update(chunk);
  const done = performance.now();
  await driver.delete(uri);
  await close();
  if (size !== bytes) throw new Error(`stored ${size} of ${bytes} bytes`);
  if (written.digest('hex') !== read.digest('hex')) throw new Error('read other bytes than were written');
  return {
    peakRssMb: peakRssMb(),
    putSeconds: (stored - started) / 1000,
    getSeconds: (done - stored) / 1000,
  };
}

run(JSON.parse(process.argv[2] ?? '') as LargeStreamOptions).then(
  (result) => console.log(JSON.stringify(result)),
  (error: unknown) => {
    console.error(error);
    process.exitCode = 1;
  },
);

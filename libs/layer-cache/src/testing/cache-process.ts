/**
 * A process that reads blobs through a cache, for tests of several processes on one directory.
 *
 * Arguments: tmp_dir, ceiling, a file that gets one line for each fetch, milliseconds between two pieces of a fetched blob,
 * and the contents' letters: blob `a` is 300,000 times that letter. Prints `read <letter> <bytes>` for each and `done`.
 */
import { appendFileSync } from 'node:fs';
import { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { LayerCache } from '../index.js';
import { describeBytes } from './describe-bytes.js';

async function main(): Promise<void> {
  const [tmpDir = '', maxBytes = '', log = '', pause = '', letters = ''] = process.argv.slice(2);
  const cache = await LayerCache.start({ tmpDir, maxBytes: Number(maxBytes) });
  for (const letter of letters) {
    const content = Buffer.alloc(300_000, letter);
    const fetch = async (): Promise<Readable> => {
      appendFileSync(log, `${letter}\n`);
      return Readable.from(slowly(content, Number(pause)), { objectMode: false });
    };
    let bytes = 0;
    for await (const chunk of await cache.open(describeBytes(content), fetch)) bytes += (chunk as Buffer).length;
    process.stdout.write(`read ${letter} ${bytes}\n`);
  }
  await cache.close();
  process.stdout.write('done\n');
}

async function* slowly(content: Buffer, pause: number): AsyncGenerator<Buffer> {
  for (let at = 0; at < content.length; at += 50_000) {
    if (pause > 0) await sleep(pause);
    yield content.subarray(at, at + 50_000);
  }
}

void main();

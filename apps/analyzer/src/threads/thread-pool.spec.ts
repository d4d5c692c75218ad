import { DEFAULT_LIMITS } from '@kedge/analysis';
import { gzipSync } from 'node:zlib';
import { Readable } from 'node:stream';
import { buildLayerTar } from '@kedge/registry/testing';
import { createHash } from 'node:crypto';
import { text } from 'node:stream/consumers';
import { analyseBlob } from '../layers/analyse-blob.js';
import '../testing/analyzer-harness.js'; // lets threads run the sources
import { ThreadPool } from './thread-pool.js';

const pools: ThreadPool[] = [];
afterEach(() => Promise.all(pools.splice(0).map((pool) => pool.close())));

function newPool(options: ConstructorParameters<typeof ThreadPool>[0]): ThreadPool {
  const pool = new ThreadPool(options);
  pools.push(pool);
  return pool;
}

async function layer() {
  const tar = await buildLayerTar([{ name: 'a', content: 'x'.repeat(2_000_000) }]);
  return { blob: gzipSync(tar), diffId: `sha256:${createHash('sha256').update(tar).digest('hex')}` };
}

/** Analyses the bytes as a layer; the stored text. */
async function analyse(
  pool: ThreadPool,
  blob: Readable | Buffer,
  diffId: string,
  signal = new AbortController().signal,
) {
  let stored = '';
  await analyseBlob(pool, {
    diffId,
    digest: 'sha256:of-the-blob',
    rules: {},
    limits: DEFAULT_LIMITS,
    open: async () => (Buffer.isBuffer(blob) ? Readable.from([blob]) : blob),
    store: async (inventory) => (stored = await text(inventory)),
    signal,
  });
  return stored;
}

it('analyses layers on its threads, never more than its size at a time', async () => {
  const pool = newPool({ size: 2 });
  const { blob, diffId } = await layer();
  let most = 0;
  const watched = [1, 2, 3, 4, 5].map(async () => {
    const stored = await analyse(pool, blob, diffId);
    most = Math.max(most, pool.busy);
    return stored;
  });
  for (const stored of await Promise.all(watched)) expect(stored).toContain('"path":"/a"');
  expect(most).toBeLessThanOrEqual(2);
});

it('ends a thread that is told to stop, and goes on with another', async () => {
  const pool = newPool({ size: 1 });
  const { blob, diffId } = await layer();
  const stop = new AbortController();
  const endless = new Readable({ read: () => undefined });
  const stopped = analyse(pool, endless, diffId, stop.signal);
  const waiting = analyse(pool, blob, diffId, stop.signal);
  const next = analyse(pool, blob, diffId);
  setTimeout(() => stop.abort(new Error('deleted')), 50);
  await expect(stopped).rejects.toThrow('deleted');
  await expect(waiting).rejects.toThrow('deleted');
  expect(await next).toContain(diffId);
  expect(endless.destroyed).toBe(true);
});

it('survives a layer that needs more memory than a thread may use', async () => {
  const pool = newPool({ size: 1, heapMegabytes: 32 });
  // Whiteouts, since entries are kept outside of the heap.
  const header = (await buildLayerTar([{ name: 'many/.wh.removed-files' }])).subarray(0, 512);
  const piece = Buffer.concat(Array.from({ length: 2000 }, () => header));
  function* endless() {
    for (;;) yield piece;
  }
  const hungry = Readable.from(endless());
  await expect(analyse(pool, hungry, `sha256:${'0'.repeat(64)}`)).rejects.toMatchObject({
    code: 'out_of_memory',
    retryable: false,
    message: expect.stringContaining('32 MB'),
  });
  const small = await layer();
  expect(await analyse(pool, small.blob, small.diffId)).toContain(small.diffId);
});

it('says which fault of its own bytes or of its source ended a layer', async () => {
  const pool = newPool({ size: 1 });
  const { blob, diffId } = await layer();
  await expect(analyse(pool, blob.subarray(0, 100), diffId)).rejects.toMatchObject({ code: 'corrupt_compression' });
  await expect(analyse(pool, Buffer.from('<html>'.repeat(1000)), diffId)).rejects.toMatchObject({
    code: 'unknown_compression',
  });
  const wrong = `sha256:${'0'.repeat(64)}`;
  await expect(analyse(pool, blob, wrong)).rejects.toMatchObject({ code: 'diff_id_mismatch', retryable: false });
  function* damaged() {
    yield Buffer.from('<html>'.repeat(1000));
    throw new Error('blob is damaged');
  }
  await expect(analyse(pool, Readable.from(damaged()), diffId)).rejects.toThrow('blob is damaged');
});

import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { LayerCache, type LayerCacheOptions } from './index.js';
import { describeBytes } from './testing/describe-bytes.js';

const SIZE = 100_000;
let tmpDir: string;
let blobs: string;
const caches: LayerCache[] = [];

beforeEach(async () => {
  tmpDir = await mkdtemp(join(tmpdir(), 'kedge-cache-'));
  blobs = join(tmpDir, 'anchore_layercache/sha256');
});
afterEach(async () => {
  await Promise.all(caches.splice(0).map((cache) => cache.close()));
  await rm(tmpDir, { recursive: true });
});

async function start(options: Partial<LayerCacheOptions> = {}): Promise<LayerCache> {
  const cache = await LayerCache.start({ tmpDir, maxBytes: 10 * SIZE, ...options });
  caches.push(cache);
  return cache;
}

/** Blob `a` is that letter, `size` times. `fetch` counts. */
function blob(letter: string, size = SIZE) {
  const content = Buffer.alloc(size, letter);
  const source = { content, ...describeBytes(content), fetched: 0 };
  const fetch = async () => {
    source.fetched += 1;
    return Readable.from([source.content]);
  };
  return Object.assign(source, { fetch, file: () => join(blobs, source.digest.slice(7)) });
}

type Blob = ReturnType<typeof blob>;
const read = async (cache: LayerCache, wanted: Blob) => buffer(await cache.open(wanted, wanted.fetch));
/** Reads, and waits until the blob is stored. */
const store = async (cache: LayerCache, wanted: Blob) => {
  const content = await read(cache, wanted);
  await cache.du();
  return content;
};
const bytesOnDisk = async () => {
  const stats = await Promise.all((await readdir(blobs)).map((name) => stat(join(blobs, name)).catch(() => undefined)));
  return stats.reduce((sum, found) => sum + (found?.size ?? 0), 0); // some are removed while we look
};

it('hands a cold blob on while it is stored, and reads it from disk the next time', async () => {
  const cache = await start();
  const wanted = blob('a');
  let sendRest: () => void = () => undefined;
  const rest = new Promise<void>((resolve) => (sendRest = resolve));
  async function* source() {
    yield wanted.content.subarray(0, 40_000);
    await rest;
    yield wanted.content.subarray(40_000);
  }
  const stream = await cache.open(wanted, async () => Readable.from(source()));
  const pieces: Buffer[] = [];
  for await (const piece of stream) {
    pieces.push(piece as Buffer);
    sendRest(); // only once the first piece was read
  }
  expect(wanted.content.equals(Buffer.concat(pieces))).toBe(true);
  expect(wanted.content.equals(await read(cache, wanted))).toBe(true);
  expect(wanted.content.equals(await readFile(wanted.file()))).toBe(true);
  expect(wanted.fetched).toBe(0);
  expect(cache.stats).toMatchObject({ hits: 1, misses: 1, savedBytes: SIZE, corrupt: 0, bypassed: 0 });
});

it('removes what was used longest ago, and never exceeds its ceiling while busy', async () => {
  const cache = await start({ maxBytes: 3 * SIZE });
  const [a, b, c, d] = [blob('a'), blob('b'), blob('c'), blob('d')];
  for (const each of [a, b, c, a, d]) await store(cache, each);
  expect([a, b, c, d].map((each) => existsSync(each.file()))).toEqual([true, false, true, true]);

  const more = [...'efghijklmnop'].map((letter) => blob(letter));
  const seen: number[] = [];
  const watch = setInterval(() => void bytesOnDisk().then((bytes) => seen.push(bytes)), 1);
  await Promise.all(more.map((each) => read(cache, each)));
  clearInterval(watch);
  const { bytes, reservedBytes } = await cache.du();
  expect(Math.max(bytes + reservedBytes, ...seen)).toBeLessThanOrEqual(3 * SIZE);
  expect(cache.stats.evicted).toBeGreaterThan(0);
});

it('keeps a blob that is being read, and reads another past the cache rather than exceed the ceiling', async () => {
  const cache = await start({ maxBytes: 2 * SIZE });
  const [a, b, c, large] = [blob('a'), blob('b'), blob('c'), blob('L', 3 * SIZE)];
  await store(cache, a);
  await store(cache, b);
  const readers = [await cache.open(a, a.fetch), await cache.open(b, b.fetch)];
  expect(await cache.du()).toMatchObject({ blobs: 2, pinnedBytes: 2 * SIZE });
  expect(c.content.equals(await read(cache, c))).toBe(true);
  expect(large.content.equals(await read(cache, large))).toBe(true);
  expect(cache.stats).toMatchObject({ bypassed: 2, evicted: 0 });
  readers.map((reader) => reader.destroy());
  while ((await cache.du()).pinnedBytes > 0) await sleep(5); // the marks are taken away behind the scenes
  expect(c.content.equals(await read(cache, c))).toBe(true);
  expect(await cache.du()).toMatchObject({ blobs: 2, pinnedBytes: 0, reservedBytes: 0 });
});

it('downloads a blob once for all who want it at the same time', async () => {
  const cache = await start();
  const wanted = blob('a');
  const all = await Promise.all([1, 2, 3, 4].map(() => read(cache, wanted)));
  expect(all.every((content) => content.equals(wanted.content))).toBe(true);
  expect(wanted.fetched).toBe(1);
  expect(cache.stats).toMatchObject({ hits: 3, misses: 1 });
});

it('finds a damaged blob by its digest, drops it and fetches it again', async () => {
  const problems: Error[] = [];
  const cache = await start({ onProblem: (problem) => problems.push(problem) });
  const wanted = blob('a');
  await store(cache, wanted);
  const damaged = Buffer.from(wanted.content);
  damaged[SIZE / 2] = 0;
  await writeFile(wanted.file(), damaged);
  await expect(read(cache, wanted)).rejects.toMatchObject({ code: 'damaged', retryable: true });
  expect(existsSync(wanted.file())).toBe(false);
  expect(wanted.content.equals(await store(cache, wanted))).toBe(true);

  await writeFile(wanted.file(), damaged.subarray(0, 10)); // the wrong length shows before reading
  expect(wanted.content.equals(await read(cache, wanted))).toBe(true);
  expect(wanted.fetched).toBe(3);
  expect(cache.stats.corrupt).toBe(2);
  expect(problems.map(({ message }) => message)).toEqual([
    expect.stringContaining(`${wanted.digest} is damaged`),
    expect.stringContaining(`${wanted.digest} has 10 bytes`),
  ]);
});

it('stores nothing of a source that is wrong, breaks or is not read to its end', async () => {
  const cache = await start();
  const wanted = blob('a');
  const give = (...parts: (Buffer | Error)[]) =>
    cache.open(wanted, async () =>
      Readable.from(
        (function* () {
          for (const part of parts) {
            if (part instanceof Error) throw part;
            yield part;
          }
        })(),
      ),
    );
  await expect(give(Buffer.alloc(SIZE, 'x')).then(buffer)).rejects.toMatchObject({ code: 'digest_mismatch' });
  await expect(give(Buffer.alloc(10)).then(buffer)).rejects.toMatchObject({ code: 'size_mismatch' });
  await expect(give(wanted.content, Buffer.alloc(1)).then(buffer)).rejects.toMatchObject({ code: 'size_mismatch' });
  await expect(give(wanted.content, new Error('line cut')).then(buffer)).rejects.toThrow('line cut');
  await expect(cache.open(wanted, () => Promise.reject(new Error('no route')))).rejects.toThrow('no route');
  (await give(wanted.content)).destroy();
  const abort = new AbortController();
  const aborted = buffer(await cache.open(wanted, wanted.fetch, { signal: abort.signal }));
  abort.abort();
  await expect(aborted).rejects.toThrow(/abort/);
  while ((await cache.du()).reservedBytes > 0) await sleep(5);
  expect(await cache.du()).toEqual({ blobs: 0, bytes: 0, reservedBytes: 0, pinnedBytes: 0 });
  await expect(cache.open({ digest: 'sha256:../../x', size: 1 }, wanted.fetch)).rejects.toMatchObject({
    code: 'invalid_descriptor',
  });
});

it('takes over the directory of the old system: its blobs, not its rubbish, and no more than the ceiling', async () => {
  const all = [...'abcde'].map((letter) => blob(letter));
  await mkdir(join(blobs, 'a directory'), { recursive: true });
  await writeFile(join(blobs, 'oci-put-blob123'), 'left behind');
  await symlink('/etc/passwd', join(blobs, 'f'.repeat(64)));
  for (const [age, each] of all.entries()) {
    await writeFile(each.file(), each.content);
    await utimes(each.file(), 1_700_000_000 - age, 1_700_000_000 - age);
  }
  const cache = await start({ maxBytes: 3.5 * SIZE });
  expect((await readdir(blobs)).sort()).toEqual(
    all
      .slice(0, 3)
      .map(({ digest }) => digest.slice(7))
      .sort(),
  );
  for (const each of all.slice(0, 3)) expect(each.content.equals(await read(cache, each))).toBe(true);
  expect(cache.stats).toMatchObject({ hits: 3, misses: 0, evicted: 2, evictedBytes: 2 * SIZE });
  expect(await cache.prune(SIZE)).toEqual({ blobs: 2, bytes: 2 * SIZE });
  expect(await cache.du()).toMatchObject({ blobs: 1, bytes: SIZE });
});

it('goes on without its directory', async () => {
  const problems: Error[] = [];
  const cache = await start({ onProblem: (problem) => problems.push(problem) });
  const wanted = blob('a');
  const stream = await cache.open(wanted, wanted.fetch);
  await rm(join(tmpDir, 'anchore_layercache'), { recursive: true });
  expect(wanted.content.equals(await buffer(stream))).toBe(true);
  await cache.close();
  expect(problems).toHaveLength(1);
});

it('says that its directory cannot be used', async () => {
  await writeFile(join(tmpDir, 'file'), '');
  await expect(LayerCache.start({ tmpDir: join(tmpDir, 'file'), maxBytes: SIZE })).rejects.toMatchObject({
    code: 'unusable_directory',
    message: expect.stringContaining('tmp_dir'),
  });
});

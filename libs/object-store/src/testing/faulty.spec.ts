import { Readable } from 'node:stream';
import { StorageError, type StorageDriver } from '../driver.js';
import { address, all, bytesOf, noise, pieces } from './content.js';
import { faulty } from './faulty.js';

/** The least that is a driver: content in a map. */
function inMemory(): StorageDriver {
  const contents = new Map<string, Buffer>();
  return {
    name: 'memory',
    scheme: 'memory',
    place: 'memory://',
    init: async () => undefined,
    async put({ key, unique }, body) {
      const bytes = await bytesOf(body);
      contents.set(`memory://${key}.${unique}`, bytes);
      return { uri: `memory://${key}.${unique}`, size: bytes.length };
    },
    get: async (uri) => Readable.from([contents.get(uri)]),
    stat: async (uri) => (contents.has(uri) ? { size: contents.get(uri)?.length ?? 0 } : undefined),
    delete: async (uri) => void contents.delete(uri),
    deleteMany: async () => [],
    owns: () => true,
    async *list() {
      for (const [uri, { length: size }] of contents) yield { uri, size, modifiedAt: new Date() };
    },
    close: async () => undefined,
  };
}

const put = (driver: StorageDriver) => driver.put(address(), pieces(noise(1000)));
const unavailable = expect.objectContaining({ code: 'unavailable' }) as Error;

it('fails the calls that the script names and counts all', async () => {
  const driver = faulty(inMemory(), [{ on: 'put', at: [2, 3], fail: 'unavailable' }]);
  const { uri } = await put(driver);
  await expect(put(driver)).rejects.toEqual(unavailable);
  await expect(put(driver)).rejects.toEqual(unavailable);
  await put(driver);
  expect(await driver.stat(uri)).toEqual({ size: 1000 });
  expect(driver.calls).toMatchObject({ put: 4, stat: 1, get: 0 });
});

it('carries a call out before its answer gets lost', async () => {
  const driver = faulty(inMemory(), [{ on: 'put', fail: 'unavailable', afterwards: true }]);
  await expect(put(driver)).rejects.toEqual(unavailable);
  expect(await all(driver.list())).toHaveLength(1);
});

it('cuts content with an error or silently', async () => {
  const memory = inMemory();
  const { uri } = await put(memory);
  const get = async (silently: boolean) => bytesOf(await faulty(memory, [{ on: 'get', cut: 10, silently }]).get(uri));
  await expect(get(false)).rejects.toEqual(unavailable);
  expect(await get(true)).toEqual(noise(10));
  await expect(put(faulty(memory, [{ on: 'put', cut: 10 }]))).rejects.toEqual(unavailable);
  expect(await put(faulty(memory, [{ on: 'put', cut: 10, silently: true }]))).toMatchObject({ size: 10 });
});

it('fails at a rate, the same calls for the same seed', async () => {
  const run = async (seed: number): Promise<string> => {
    const driver = faulty(inMemory(), [{ rate: 0.3, fail: 'unavailable', slow: 1 }], seed);
    const results = [];
    for (let n = 0; n < 40; n++) {
      results.push(
        await driver.stat('memory://x').then(
          () => '.',
          (error: unknown) => (error instanceof StorageError ? 'x' : '?'),
        ),
      );
    }
    return results.join('');
  };
  const first = await run(7);
  expect(first).toMatch(/^[.x]{40}$/);
  expect(first.split('x').length - 1).toBeGreaterThan(4);
  expect(first.split('x').length - 1).toBeLessThan(24);
  expect(await run(7)).toBe(first);
  expect(await run(8)).not.toBe(first);
});

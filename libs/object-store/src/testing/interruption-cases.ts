import { strict as assert } from 'node:assert';
import { StorageError } from '../driver.js';
import { address, bytesOf, failing, MIB, noise, pieces, stalling } from './content.js';
import { rejects, uris, type DriverCase } from './driver-harness.js';

/** What happens when writers and readers stop, fail or come between each other. */
export const interruptionCases: DriverCase[] = [
  {
    name: 'stores nothing when the body fails, early or late',
    async run({ driver }) {
      const before = await uris(driver);
      for (const bytes of [0, 10, 9 * MIB]) {
        await rejects(driver.put(address(), failing(bytes, new Error('the source broke'))));
      }
      assert.deepEqual(await uris(driver), before);
    },
  },
  {
    name: 'stores nothing when it is stopped in the middle',
    async run({ driver }) {
      const before = await uris(driver);
      for (const bytes of [65536, 9 * MIB]) {
        const stop = new AbortController();
        const body = stalling(bytes, () => setImmediate(() => stop.abort()));
        await rejects(driver.put(address(), body, { signal: stop.signal }), 'aborted');
      }
      const stopped = AbortSignal.abort();
      await rejects(driver.put(address(), pieces(Buffer.from('x')), { signal: stopped }), 'aborted');
      assert.deepEqual(await uris(driver), before);
    },
  },
  {
    name: 'shows nothing of an object before all of it is there',
    async run({ driver }) {
      const before = await uris(driver);
      const stop = new AbortController();
      let put: Promise<unknown> | undefined;
      await new Promise<void>((reached) => {
        put = driver.put(address(), stalling(9 * MIB, reached), { signal: stop.signal });
        put.catch(() => undefined);
      });
      assert.deepEqual(await uris(driver), before);
      stop.abort();
      await rejects(put as Promise<unknown>, 'aborted');
      assert.deepEqual(await uris(driver), before);
    },
  },
  {
    name: 'gives a reader all of it or an error while the content is deleted',
    async run({ driver }) {
      const content = noise(9 * MIB);
      const { uri } = await driver.put(address(), pieces(content));
      const read: Buffer[] = [];
      try {
        for await (const chunk of await driver.get(uri)) {
          if (read.length === 0) await driver.delete(uri);
          read.push(chunk as Buffer);
        }
        assert.ok(Buffer.concat(read).equals(content), 'what ended without an error is whole');
      } catch (error) {
        assert.ok(error instanceof StorageError, String(error));
      }
      assert.equal(await driver.stat(uri), undefined);
    },
  },
  {
    name: 'stops reading when it is told to',
    async run({ driver }) {
      const { uri } = await driver.put(address(), pieces(noise(9 * MIB)));
      await rejects(driver.get(uri, { signal: AbortSignal.abort() }), 'aborted');
      const stop = new AbortController();
      const body = await driver.get(uri, { signal: stop.signal });
      await assert.rejects(async () => {
        for await (const chunk of body) if ((chunk as Buffer).length > 0) stop.abort();
      });
      await driver.delete(uri);
    },
  },
  {
    name: 'survives readers that stop early',
    async run({ driver }) {
      const content = noise(9 * MIB);
      const { uri } = await driver.put(address(), pieces(content));
      for (let n = 0; n < 15; n++) {
        for await (const chunk of await driver.get(uri)) {
          assert.ok((chunk as Buffer).length > 0);
          break;
        }
        (await driver.get(uri)).destroy();
      }
      assert.ok((await bytesOf(await driver.get(uri))).equals(content));
      await driver.delete(uri);
    },
  },
];

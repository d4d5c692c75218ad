import { strict as assert } from 'node:assert';
import { Readable } from 'node:stream';
import { StorageError, type ObjectAddress, type StorageDriver, type StorageErrorCode } from '../driver.js';
import { address, all, bytesOf, failing, MIB, noise, pieces, stalling, type ConformanceCase } from './content.js';

/** What a driver's author hands to the suite. */
export interface DriverHarness {
  /** Initialised, writing to a place that nobody else writes to while the suite runs. */
  driver: StorageDriver;
  /** Credentials of the configuration; no uri may show them. */
  secrets?: string[];
  /** Objects to make for the listing case; more than one page of the backend. Default 520. */
  listing?: number;
  /** Lengths from which on the driver stores content in another way, a part or segment say. */
  thresholds?: number[];
  /** A driver of the same place with credentials that may do nothing there; not initialised, closed by its case. */
  refused?: () => Promise<StorageDriver>;
  /** A second initialised driver of the same configuration, made and closed by the case about closing. */
  another?: () => Promise<StorageDriver>;
}

type Case = ConformanceCase<DriverHarness>;

async function roundTrip(driver: StorageDriver, content: Buffer, parts: Partial<ObjectAddress> = {}): Promise<void> {
  const { uri, size } = await driver.put(address(parts), pieces(content));
  assert.equal(size, content.length, 'put reports the stored bytes');
  assert.equal((await driver.stat(uri))?.size, content.length, 'stat reports the stored bytes');
  assert.ok((await bytesOf(await driver.get(uri))).equals(content), 'get returns the bytes of put');
  assert.ok(driver.owns(uri), 'a driver owns what it wrote');
  assert.ok(uri.startsWith(`${driver.scheme}://`), `uri ${uri} begins with the scheme`);
  await driver.delete(uri);
  assert.equal(await driver.stat(uri), undefined, 'deleted content is gone');
}

/** Works on all items, `limit` at a time. */
async function atOnce<T>(limit: number, items: T[], work: (item: T, index: number) => Promise<void>): Promise<void> {
  const queue = items.entries();
  const worker = async (): Promise<void> => {
    for (const [index, item] of queue) await work(item, index);
  };
  await Promise.all(Array.from({ length: limit }, worker));
}

async function uris(driver: StorageDriver): Promise<string[]> {
  return (await all(driver.list())).map(({ uri }) => uri).sort();
}

async function rejects(work: Promise<unknown>, ...codes: StorageErrorCode[]): Promise<void> {
  await assert.rejects(work, (error: unknown) => {
    assert.ok(error instanceof StorageError, `a StorageError, not ${String(error)}`);
    if (codes.length > 0) assert.ok(codes.includes(error.code), `code ${error.code}, expected ${codes.join(' or ')}`);
    return true;
  });
}

const sizes: [string, number][] = [
  ['an empty object', 0],
  ['one byte', 1],
  ['1 MiB less one byte', MIB - 1],
  ['1 MiB', MIB],
  ['1 MiB and one byte', MIB + 1],
  ['4 MiB', 4 * MIB],
  ['4 MiB and one byte', 4 * MIB + 1],
  ['20 MiB of unknown length', 20 * MIB],
];

const oddKeys = [
  'plain',
  'naïve-ключ-鍵-🗝',
  'what?is=this',
  'a#fragment',
  '100%',
  '%2e%2e%2F',
  'two words',
  'a/b//c/',
  '..',
  '../../../../etc/passwd',
  '/absolute',
  './.',
  'CASE',
  'case',
  'quote\'"\\;--',
  'line\nbreak',
  'k'.repeat(1024),
  'ü'.repeat(512),
];

const roundTrips: Case[] = sizes.map(([name, bytes]) => ({
  name: `returns ${name} unchanged`,
  run: ({ driver }) => roundTrip(driver, noise(bytes)),
}));

/** What every storage driver must do, as plain data: run it under any test runner or against an operator's real store. */
export const driverCases: Case[] = [
  {
    name: 'initialises twice',
    async run({ driver }) {
      await driver.init();
      await driver.init();
    },
  },
  ...roundTrips,
  {
    name: 'keeps objects with odd keys, buckets and accounts apart',
    async run({ driver }) {
      const names: Partial<ObjectAddress>[] = oddKeys.flatMap((odd) =>
        odd.length > 100 ? [{ key: odd }] : [{ key: odd }, { bucket: odd }, { account: odd }],
      );
      names.push({ account: 'a'.repeat(255), bucket: 'b'.repeat(128), key: 'k/'.repeat(512) });
      const contents = names.map((_, n) => noise(100, `odd${n}`));
      const stored: string[] = [];
      await atOnce(8, names, async (parts, n) => {
        stored[n] = (await driver.put(address(parts), pieces(contents[n] as Buffer))).uri;
      });
      const listed = new Set(await uris(driver));
      await atOnce(8, stored, async (uri, n) => {
        assert.ok(driver.owns(uri), `${uri} lies in the driver's place`);
        assert.ok(listed.has(uri), `${uri} is listed as put returned it`);
        assert.ok((await bytesOf(await driver.get(uri))).equals(contents[n] as Buffer), uri);
        await driver.delete(uri);
        assert.equal(await driver.stat(uri), undefined, uri);
      });
    },
  },
  {
    name: 'writes every put to a fresh location',
    async run({ driver }) {
      const id = address();
      const first = await driver.put(id, pieces(Buffer.from('first')));
      const second = await driver.put({ ...id, unique: address().unique }, pieces(Buffer.from('second')));
      assert.notEqual(first.uri, second.uri);
      assert.equal((await bytesOf(await driver.get(first.uri))).toString(), 'first');
      await driver.delete(first.uri);
      assert.equal((await bytesOf(await driver.get(second.uri))).toString(), 'second');
      await driver.delete(second.uri);
    },
  },
  {
    name: 'treats missing content as the contract says',
    async run({ driver }) {
      const { uri } = await driver.put(address(), pieces(Buffer.from('x')));
      await driver.delete(uri);
      await rejects(driver.get(uri), 'not_found');
      assert.equal(await driver.stat(uri), undefined);
      await driver.delete(uri);
    },
  },
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
    name: 'returns content around the lengths at which it stores differently',
    async run({ driver, thresholds = [] }) {
      for (const bytes of thresholds) {
        for (const length of [bytes - 1, bytes, bytes + 1, 2 * bytes, 2 * bytes + 1]) {
          await roundTrip(driver, noise(length, `${length}`));
        }
      }
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
    name: 'deletes many at once, whatever is missing, given twice or not its own',
    async run({ driver }) {
      const before = await uris(driver);
      const put = (n: number) => driver.put(address({ key: `many ${n}?#%` }), pieces(noise(n)));
      const made = (await Promise.all(Array.from({ length: 12 }, (_, n) => put(n)))).map(({ uri }) => uri);
      const [gone = ''] = made;
      await driver.delete(gone);
      assert.deepEqual(await driver.deleteMany([]), []);
      const foreign = 'other-scheme://somewhere/bucket/key';
      const failures = await driver.deleteMany([...made.slice(0, 6), foreign, ...made.slice(4)]);
      assert.deepEqual(
        failures.map(({ uri, error }) => [uri, error instanceof StorageError]),
        [[foreign, true]],
      );
      assert.deepEqual(await uris(driver), before);
    },
  },
  {
    name: 'tells content that it may not touch from content that is not there',
    async run({ driver, refused }) {
      if (!refused) return;
      const { uri } = await driver.put(address(), pieces(Buffer.from('x')));
      const before = await uris(driver);
      const other = await refused();
      await rejects(other.get(uri), 'access_denied');
      await rejects(other.stat(uri), 'access_denied');
      await rejects(other.delete(uri), 'access_denied');
      await rejects(all(other.list()), 'access_denied');
      await rejects(other.put(address(), pieces(Buffer.from('y'))), 'access_denied');
      await rejects(other.put(address(), pieces(noise(9 * MIB))), 'access_denied');
      const failures = await other.deleteMany([uri]);
      assert.deepEqual(
        failures.map((failure) => [failure.uri, failure.error.code]),
        [[uri, 'access_denied']],
      );
      await other.close();
      assert.deepEqual(await uris(driver), before);
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
  {
    name: 'lists exactly what is there, over several pages',
    async run({ driver, listing = 520 }) {
      const before = new Set(await uris(driver));
      const made = new Map<string, number>();
      await atOnce(8, Array.from({ length: listing }), async (_, n) => {
        const { uri, size } = await driver.put(address(), pieces(noise(n)));
        made.set(uri, size);
      });
      assert.equal(made.size, listing);
      const found = (await all(driver.list())).filter(({ uri }) => !before.has(uri));
      assert.equal(found.length, listing, 'each location is listed once');
      for (const { uri, size, modifiedAt } of found) {
        assert.equal(made.get(uri), size, uri);
        assert.ok(Math.abs(Date.now() - modifiedAt.getTime()) < 24 * 3600 * 1000, 'times are times of writing');
      }
      assert.deepEqual(await driver.deleteMany([...made.keys()]), []);
      assert.deepEqual(new Set(await uris(driver)), before);
    },
  },
  {
    name: 'keeps 16 concurrent puts of one object whole',
    async run({ driver }) {
      const id = address();
      const contents = Array.from({ length: 16 }, (_, n) => noise(MIB + n, `writer${n}`));
      const stored = await Promise.all(
        contents.map((content) => driver.put({ ...id, unique: address().unique }, pieces(content))),
      );
      assert.equal(new Set(stored.map(({ uri }) => uri)).size, 16);
      const read = await Promise.all(stored.map(async ({ uri }) => bytesOf(await driver.get(uri))));
      for (const [n, bytes] of read.entries()) assert.ok(bytes.equals(contents[n] as Buffer), `writer ${n}`);
      for (const { uri } of stored) await driver.delete(uri);
    },
  },
  {
    name: 'copies out of itself many times at once without waiting for ever',
    async run({ driver }) {
      const content = noise(5 * MIB);
      const source = await driver.put(address(), pieces(content));
      const copies = await Promise.all(
        Array.from({ length: 12 }, async () => driver.put(address(), await driver.get(source.uri))),
      );
      for (const { uri, size } of copies) {
        assert.equal(size, content.length);
        await driver.delete(uri);
      }
      await driver.delete(source.uri);
    },
  },
  {
    name: 'shows no credentials in uris and place',
    async run({ driver, secrets = [] }) {
      const { uri } = await driver.put(address(), Readable.from([Buffer.from('x')]));
      for (const secret of secrets) assert.ok(!`${uri} ${driver.place}`.includes(secret));
      assert.doesNotMatch(`${uri} ${driver.place}`, /:\/\/[^/]*:[^/]*@/);
      await driver.delete(uri);
    },
  },
  {
    name: 'refuses a uri of another scheme',
    async run({ driver }) {
      const foreign = 'other-scheme://somewhere/bucket/key';
      assert.equal(driver.owns(foreign), false);
      await rejects(driver.get(foreign));
    },
  },
  {
    name: 'closes, and a second driver of the same place goes on',
    async run({ driver, another }) {
      if (!another) return;
      const second = await another();
      assert.equal(second.place, driver.place);
      const { uri } = await second.put(address(), pieces(Buffer.from('x')));
      await second.close();
      assert.equal((await bytesOf(await driver.get(uri))).toString(), 'x');
      await driver.delete(uri);
    },
  },
];

import { strict as assert } from 'node:assert';
import type { ObjectAddress, StorageDriver } from '../driver.js';
import { address, bytesOf, MIB, noise, pieces } from './content.js';
import { atOnce, rejects, uris, type DriverCase } from './driver-harness.js';

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

const roundTrips: DriverCase[] = sizes.map(([name, bytes]) => ({
  name: `returns ${name} unchanged`,
  run: ({ driver }) => roundTrip(driver, noise(bytes)),
}));

/** What goes in comes out. */
export const roundTripCases: DriverCase[] = [
  ...roundTrips,
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
];

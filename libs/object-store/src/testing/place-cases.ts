import { strict as assert } from 'node:assert';
import { Readable } from 'node:stream';
import { StorageError } from '../driver.js';
import { address, all, bytesOf, MIB, noise, pieces } from './content.js';
import { atOnce, rejects, uris, type DriverCase } from './driver-harness.js';

/** What a driver says of its place as a whole: listing, deleting many, rights, uris. */
export const placeCases: DriverCase[] = [
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
    name: 'hides what is deleted with its room to be freed later, and frees that only',
    async run({ driver }) {
      const before = await uris(driver);
      const kept = await driver.put(address(), pieces(noise(3)));
      const made = await Promise.all([10, 3 * MIB].map((size) => driver.put(address(), pieces(noise(size)))));
      const gone = made.map(({ uri }) => uri);
      assert.deepEqual(await driver.deleteMany(gone, { roomLater: true }), []);
      for (const uri of gone) await rejects(driver.get(uri), 'not_found');
      for (const uri of gone) assert.equal(await driver.stat(uri), undefined);
      assert.deepEqual(await uris(driver), [...before, kept.uri].sort());
      await driver.reclaim?.();
      await driver.reclaim?.(); // with nothing to do
      assert.deepEqual(await bytesOf(await driver.get(kept.uri)), noise(3));
      await driver.delete(kept.uri);
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

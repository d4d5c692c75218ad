import { strict as assert } from 'node:assert';
import { StorageError, type StorageDriver } from '../driver.js';
import type { ObjectId } from '../object-id.js';
import { noise, pieces } from './content.js';
import { faulty, type Fault } from './faulty.js';
import { integrity, locations, newId, read, store, type ObjectStoreCase } from './object-store-harness.js';

const ONE = noise(150_000, 'one');
const TWO = noise(170_000, 'two');

/** A store on the driver with one fault, and what stayed behind in the backend without a row. */
function onFaulty(harness: Parameters<ObjectStoreCase['run']>[0], fault: Fault) {
  const driver: StorageDriver = faulty(harness.driver, [fault]);
  return store({ ...harness, driver });
}

async function failed(work: Promise<unknown>): Promise<boolean> {
  try {
    await work;
    return false;
  } catch (error) {
    assert.ok(error instanceof StorageError, `a StorageError, not ${String(error)}`);
    return true;
  }
}

/** What the object store promises while the backend misbehaves. */
export const faultCases: ObjectStoreCase[] = [
  {
    name: 'shows the former content whole after a put that the backend failed, and the new after one that it did not',
    async run(harness) {
      const faults: Fault[] = [
        { on: 'put', fail: 'unavailable' },
        { on: 'put', fail: 'no_space', afterwards: true },
        { on: 'put', cut: 0 },
        { on: 'put', cut: 100_000 },
        { on: 'delete', fail: 'unavailable' },
        { on: 'delete', fail: 'access_denied', afterwards: true },
      ];
      const clean = store(harness).objects;
      for (const fault of faults) {
        const before = await locations(harness.driver);
        const id = newId();
        await clean.put(id, pieces(ONE));
        const { objects, garbage } = onFaulty(harness, fault);
        const lost = await failed(objects.put(id, pieces(TWO)));
        assert.equal(lost, fault.on === 'put', JSON.stringify(fault));
        assert.ok((await read(clean, id)).equals(lost ? ONE : TWO), JSON.stringify(fault));
        const removed = await objects.delete(id);
        assert.ok(removed);
        assert.equal(await clean.stat(id), undefined);
        // Content that could not be deleted was reported; only content whose answer got lost is unknown to the store.
        for (const { uri } of garbage) await harness.driver.delete(uri);
        const left = (await locations(harness.driver)).filter((uri) => !before.includes(uri));
        assert.equal(left.length, fault.on === 'put' && fault.afterwards ? 1 : 0, JSON.stringify(fault));
        await harness.driver.deleteMany(left);
      }
    },
  },
  {
    name: 'never gives wrong bytes for right ones when a backend loses some',
    async run(harness) {
      const clean = store(harness).objects;
      for (const cut of [0, 1, 149_999]) {
        const id = newId();
        await clean.put(id, pieces(ONE));
        for (const silently of [true, false]) {
          await assert.rejects(read(onFaulty(harness, { on: 'get', cut, silently }).objects, id), (error) =>
            silently ? integrity(error) : error instanceof StorageError && error.code === 'unavailable',
          );
        }
        const before = await locations(harness.driver);
        const liar = onFaulty(harness, { on: 'put', cut, silently: true }).objects;
        await assert.rejects(liar.put(id, pieces(TWO)), integrity);
        assert.ok((await read(clean, id)).equals(ONE));
        assert.deepEqual(await locations(harness.driver), before);
        await clean.delete(id);
      }
    },
  },
  {
    name: 'keeps many objects right over a backend that fails every fifth call',
    async run(harness) {
      const before = await locations(harness.driver);
      const clean = store(harness).objects;
      const driver = faulty(
        harness.driver,
        [{ on: ['put', 'get', 'delete'], rate: 0.2, fail: 'unavailable' }],
        20260101,
      );
      const { objects, garbage } = store({ ...harness, driver });
      const ids = Array.from({ length: 4 }, newId);
      const expected = new Map<ObjectId, Buffer>();
      for (let step = 0; step < 40; step++) {
        const id = ids[step % ids.length] as ObjectId;
        const content = noise(100 + step, `step ${step}`);
        if (step % 7 === 6) {
          await objects.delete(id);
          expected.delete(id);
        } else if (!(await failed(objects.put(id, pieces(content))))) expected.set(id, content);
      }
      for (const id of ids) {
        const content = expected.get(id);
        if (content) assert.ok((await read(clean, id)).equals(content));
        else assert.equal(await clean.stat(id), undefined);
        await clean.delete(id);
      }
      await harness.driver.deleteMany(garbage.map(({ uri }) => uri));
      assert.deepEqual(await locations(harness.driver), before);
    },
  },
];

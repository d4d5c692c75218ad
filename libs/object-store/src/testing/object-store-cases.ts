import { strict as assert } from 'node:assert';
import { randomBytes } from 'node:crypto';
import { StorageError, type StorageDriver } from '../driver.js';
import { MetadataTable } from '../metadata-table.js';
import type { ObjectId } from '../object-id.js';
import { address, all, failing, MIB, noise, pieces, stalling } from './content.js';
import { contentCases } from './content-cases.js';
import { faultCases } from './fault-cases.js';
import { integrity, locations, newId, read, store, type ObjectStoreCase } from './object-store-harness.js';

/** What the object store promises on any driver. */
export const objectStoreCases: ObjectStoreCase[] = [
  {
    name: 'puts, replaces and deletes, and leaves nothing behind',
    async run(harness) {
      const { objects, garbage } = store(harness);
      const before = await locations(harness.driver);
      const id = newId();
      assert.equal(await objects.get(id), undefined);
      assert.equal(await objects.delete(id), false);
      const first = await objects.put(id, 'one');
      const second = await objects.put(id, pieces(Buffer.from('zwei')));
      assert.equal(second.size, 4);
      assert.deepEqual(second.createdAt, first.createdAt);
      assert.match(second.digest ?? '', /^sha256:[0-9a-f]{64}$/);
      assert.deepEqual(await objects.stat(id), second);
      assert.equal((await read(objects, id)).toString(), 'zwei');
      assert.equal(await harness.driver.stat(first.uri), undefined, 'replaced content is deleted');
      assert.equal(await objects.delete(id), true);
      assert.equal(await objects.stat(id), undefined);
      assert.deepEqual(await locations(harness.driver), before);
      assert.deepEqual(garbage, []);
    },
  },
  {
    name: 'keeps the former content when a put fails or is stopped',
    async run(harness) {
      const id = newId();
      for (const enabled of [false, true]) {
        const { objects } = store(harness, { enabled });
        await objects.put(id, 'former');
        const before = await locations(harness.driver);
        const broken = new Error('the source broke');
        for (const bytes of [0, 1000, 3 * MIB]) {
          await assert.rejects(objects.put(id, failing(bytes, broken)), (error) => error === broken);
        }
        for (const bytes of [1000, 3 * MIB]) {
          const stop = new AbortController();
          const body = stalling(bytes, () => setImmediate(() => stop.abort()));
          await assert.rejects(
            objects.put(id, body, { signal: stop.signal }),
            (error) => error instanceof StorageError && error.code === 'aborted',
          );
        }
        assert.equal((await read(objects, id)).toString(), 'former');
        assert.deepEqual(await locations(harness.driver), before);
      }
      await store(harness).objects.delete(id);
    },
  },
  {
    name: 'lets the last of concurrent puts win, whole, and drops the others',
    async run(harness) {
      const { objects, garbage } = store(harness);
      const before = await locations(harness.driver);
      const id = newId();
      const contents = Array.from({ length: 8 }, (_, n) => noise(200_000, `put${n}`));
      const puts = await Promise.all(contents.map((content) => objects.put(id, pieces(content))));
      const row = await objects.stat(id);
      const winner = puts.findIndex(({ uri }) => uri === row?.uri);
      assert.ok(winner >= 0);
      assert.ok((await read(objects, id)).equals(contents[winner] as Buffer), 'row and content are of one writer');
      assert.equal((await locations(harness.driver)).length, before.length + 1);
      await objects.delete(id);
      assert.deepEqual(await locations(harness.driver), before);
      assert.deepEqual(garbage, []);
    },
  },
  {
    name: 'loses no content when several writers make one object at the same time',
    async run(harness) {
      const { objects } = store(harness);
      const before = await locations(harness.driver);
      for (let round = 0; round < 10; round++) {
        const id = newId();
        const contents = Array.from({ length: 4 }, (_, n) => harness.driver.put(address(), pieces(noise(10, `${n}`))));
        const table = new MetadataTable(harness.sql);
        const stored = (await Promise.all(contents)).map(({ uri, size }) => {
          return { uri, codec: 'identity' as const, size, storedSize: size };
        });
        const commits = await Promise.all(stored.map((content) => table.commit(id, content)));
        const current = await objects.stat(id);
        const replaced = commits.flatMap((commit) => commit.replaced ?? []);
        assert.deepEqual([...replaced, current?.uri].sort(), stored.map(({ uri }) => uri).sort());
        for (const uri of replaced) await objects.deleteContent(uri);
        await objects.delete(id);
      }
      assert.deepEqual(await locations(harness.driver), before);
    },
  },
  {
    name: 'looks again when content was replaced between reading the row and opening the content',
    async run(harness) {
      const { objects } = store(harness);
      const id = newId();
      await objects.put(id, 'former');
      let overtakes = 0;
      const overtaken: StorageDriver = Object.assign(Object.create(harness.driver) as StorageDriver, {
        get: async (uri: string) => {
          if (overtakes++ < 2) await objects.put(id, `new ${overtakes}`);
          return harness.driver.get(uri);
        },
      });
      const reader = store({ ...harness, driver: overtaken }).objects;
      assert.equal((await read(reader, id)).toString(), 'new 2');
      await objects.delete(id);
    },
  },
  {
    name: 'gives readers whole documents while they are replaced',
    async run(harness) {
      const { objects } = store(harness);
      const id = newId();
      const value = (n: number) => ({ n, text: String(n).repeat(50_000) });
      await objects.putDocument(id, value(0));
      let writing = true;
      const write = (async () => {
        for (let n = 1; n <= 12; n++) await objects.putDocument(id, value(n % 10));
        writing = false;
      })();
      let reads = 0;
      while (writing || reads === 0) {
        const found = await objects.getDocument<{ n: number; text: string }>(id);
        assert.ok(found);
        assert.equal(found.text, String(found.n).repeat(50_000));
        reads++;
      }
      await write;
      await objects.delete(id);
    },
  },
  {
    name: 'stores documents as the old system does, and limits what it reads into memory',
    async run(harness) {
      const { objects } = store(harness);
      const id = newId();
      const value = { name: 'größe', list: [1, null, 'x'] };
      await objects.putDocument(id, value);
      assert.deepEqual(JSON.parse((await read(objects, id)).toString()), { document: value });
      assert.deepEqual(await objects.getDocument(id), value);
      await assert.rejects(objects.getDocument(id, { maxBytes: 10 }), /larger than the 10 bytes/);
      await assert.rejects(objects.putDocument(id, undefined), TypeError);
      assert.deepEqual(await objects.getDocument(id), value);
      await objects.put(id, 'no json');
      await assert.rejects(objects.getDocument(id), integrity);
      await objects.delete(id);
      assert.equal(await objects.getDocument(id), undefined);
    },
  },
  {
    name: 'moves an object by compare-and-swap',
    async run(harness) {
      const { objects } = store(harness);
      const id = newId();
      const before = await objects.put(id, 'content');
      const copy = await objects.writeContent(id, await objects.openStored(before));
      assert.equal(copy.digest, before.digest);
      assert.equal(await objects.switchLocation(before, copy), true);
      assert.equal(await objects.switchLocation(before, copy), false, 'the row is no longer what it was');
      await objects.deleteContent(before.uri);
      assert.equal((await objects.stat(id))?.uri, copy.uri);
      assert.equal((await read(objects, id)).toString(), 'content');
      await objects.delete(id);
    },
  },
  {
    name: 'lists keys and pages rows of one bucket exactly',
    async run(harness) {
      const { objects } = store(harness);
      const account = `account-${randomBytes(4).toString('hex')}`;
      const keys = ['a', 'b/c', 'd?e', 'é'];
      for (const key of keys) await objects.put({ account, bucket: 'one', key }, key);
      await objects.put({ account, bucket: 'two', key: 'a' }, 'other');
      assert.deepEqual((await all(objects.listKeys(account, 'one'))).sort(), [...keys].sort());
      const seen: string[] = [];
      let after: ObjectId | undefined;
      for (let page = 0; page < 100; page++) {
        const rows = await objects.pageMetadata({ limit: 2, buckets: ['one'], ...(after ? { after } : {}) });
        seen.push(...rows.filter((row) => row.account === account).map((row) => row.key));
        if (rows.length < 2) break;
        after = rows.at(-1);
      }
      assert.deepEqual(seen.sort(), [...keys].sort());
      for (const key of keys) await objects.delete({ account, bucket: 'one', key });
      await objects.delete({ account, bucket: 'two', key: 'a' });
    },
  },
  {
    name: 'names the scheme that no driver reads, and keeps such a row',
    async run(harness) {
      const { objects, garbage } = store(harness);
      await objects.requireReadable();
      const id = newId();
      const row = await objects.put(id, 'content');
      await objects.deleteContent(row.uri);
      const foreign = 'elsewhere://bucket/key';
      await harness.sql.query('UPDATE archive_metadata SET content_url = $2 WHERE "archiveId" = $1', [id.key, foreign]);
      const refused = (error: unknown): boolean =>
        error instanceof StorageError && error.code === 'invalid_config' && error.message.includes('elsewhere');
      await assert.rejects(objects.get(id), refused);
      await assert.rejects(objects.delete(id), refused);
      await assert.rejects(objects.requireReadable(), refused);
      assert.ok(await objects.stat(id), 'the row stays');
      await objects.put(id, 'new content');
      assert.deepEqual(
        garbage.map(({ uri }) => uri),
        [foreign],
        'content that cannot be deleted is reported',
      );
      await objects.delete(id);
      await objects.requireReadable();
    },
  },
  {
    name: 'reports a row whose content is missing',
    async run(harness) {
      const { objects } = store(harness);
      const id = newId();
      const row = await objects.put(id, 'content');
      await objects.deleteContent(row.uri);
      await assert.rejects(
        objects.get(id),
        (error) => error instanceof StorageError && error.code === 'not_found' && error.message.includes(row.uri),
      );
      assert.equal(await objects.delete(id), true);
    },
  },
  ...contentCases,
  ...faultCases,
];

import { strict as assert } from 'node:assert';
import { createHash } from 'node:crypto';
import { deflateSync } from 'node:zlib';
import { address, listing, MIB, noise, pieces, prose } from './content.js';
import { integrity, locations, newId, read, store, type ObjectStoreCase } from './object-store-harness.js';

/** How the object store turns content into stored bytes and proves it when it reads. */
export const contentCases: ObjectStoreCase[] = [
  {
    name: 'compresses only what is longer than the limit',
    async run(harness) {
      for (const codec of ['gzip', 'zstd'] as const) {
        const { objects } = store(harness, { enabled: true, min_size_kbytes: 1, codec });
        for (const [bytes, expected] of [
          [0, 'identity'],
          [1023, 'identity'],
          [1024, 'identity'],
          [1025, codec],
        ] as const) {
          const id = newId();
          const content = prose(bytes);
          const row = await objects.put(id, content);
          assert.equal(row.codec, expected, `${bytes} bytes`);
          assert.equal(row.size, bytes);
          assert.equal((await harness.driver.stat(row.uri))?.size, row.storedSize);
          if (expected !== 'identity') assert.ok(row.storedSize < row.size);
          assert.ok((await read(objects, id)).equals(content));
          await objects.delete(id);
        }
      }
    },
  },
  {
    name: 'honours limits at and above what it holds in memory',
    async run(harness) {
      for (const [kbytes, bytes, expected] of [
        [1024, MIB, 'identity'],
        [1024, MIB + 1, 'zstd'],
        [2048, 2 * MIB, 'identity'],
        [2048, 2 * MIB + 1, 'zstd'],
      ] as const) {
        const { objects } = store(harness, { enabled: true, min_size_kbytes: kbytes });
        const before = await locations(harness.driver);
        const id = newId();
        const row = await objects.put(id, pieces(prose(bytes)));
        assert.equal(row.codec, expected, `${bytes} bytes with a limit of ${kbytes} kB`);
        assert.ok((await read(objects, id)).equals(prose(bytes)));
        await objects.delete(id);
        assert.deepEqual(await locations(harness.driver), before);
      }
    },
  },
  {
    name: 'compresses at the level that is set, in memory and as a stream',
    async run(harness) {
      for (const content of [listing(50_000), listing(MIB + 100_000)]) {
        for (const [codec, low, high] of [
          ['gzip', 1, 9],
          ['zstd', 1, 12],
        ] as const) {
          const stored: number[] = [];
          for (const level of [low, high]) {
            const { objects } = store(harness, { enabled: true, min_size_kbytes: 1, codec, level });
            const id = newId();
            stored.push((await objects.put(id, pieces(content))).storedSize);
            assert.ok((await read(objects, id)).equals(content));
            await objects.delete(id);
          }
          assert.ok((stored[1] ?? 0) < (stored[0] ?? 0), `${codec} ${content.length}: ${stored.join(', ')}`);
        }
      }
    },
  },
  {
    name: 'compresses what only begins with something that does not get smaller',
    async run(harness) {
      const { objects } = store(harness, { enabled: true, min_size_kbytes: 1 });
      const content = Buffer.concat([noise(100_000), prose(3 * MIB)]);
      const id = newId();
      const row = await objects.put(id, pieces(content));
      assert.equal(row.codec, 'zstd');
      assert.ok(row.storedSize < 200_000, `${row.storedSize} bytes`);
      assert.ok((await read(objects, id)).equals(content));
      await objects.delete(id);
    },
  },
  {
    name: 'stores as it is what does not get smaller',
    async run(harness) {
      const { objects } = store(harness, { enabled: true, min_size_kbytes: 1 });
      const before = await locations(harness.driver);
      // Short, long, and long with a start that promises more than the rest keeps.
      for (const content of [
        noise(5000),
        noise(3 * MIB),
        Buffer.concat([noise(MIB - 10), prose(30), noise(4 * MIB)]),
      ]) {
        const id = newId();
        const row = await objects.put(id, pieces(content));
        assert.ok(row.storedSize <= content.length);
        if (row.storedSize === content.length) assert.equal(row.codec, 'identity');
        assert.ok((await read(objects, id)).equals(content));
        await objects.delete(id);
      }
      assert.deepEqual(await locations(harness.driver), before);
    },
  },
  {
    name: 'reads compressed objects after compression was switched off, and long ones whole',
    async run(harness) {
      const content = prose(6 * MIB + 17);
      const id = newId();
      const row = await store(harness, { enabled: true, min_size_kbytes: 100 }).objects.put(id, pieces(content));
      assert.equal(row.codec, 'zstd');
      const { objects } = store(harness);
      assert.ok((await read(objects, id)).equals(content));
      await objects.delete(id);
    },
  },
  {
    name: 'refuses content that was altered behind its back',
    async run(harness) {
      for (const enabled of [false, true]) {
        const { objects } = store(harness, { enabled });
        const content = prose(5000);
        const flipped = Buffer.from(content);
        flipped[2500] = 0;
        for (const forged of [flipped, content.subarray(1), Buffer.concat([content, content]), Buffer.alloc(0)]) {
          const id = newId();
          const row = await objects.put(id, content);
          await harness.alter(row.uri, forged);
          await assert.rejects(read(objects, id), integrity);
          await assert.rejects(objects.getDocument(id), integrity);
          await objects.delete(id);
        }
      }
    },
  },
  {
    name: 'reads rows of the old system: zlib, MD5 of the stored bytes or no digest at all',
    async run(harness) {
      const { objects } = store(harness);
      const plain = prose(5000);
      const md5 = (bytes: Buffer): string => createHash('md5').update(bytes).digest('hex');
      for (const compressed of [true, false]) {
        const stored = compressed ? deflateSync(plain, { level: 3 }) : plain;
        for (const digest of [md5(stored), null]) {
          const id = newId();
          const { uri } = await harness.driver.put(address(), pieces(stored));
          await harness.sql.query(
            `INSERT INTO archive_metadata (bucket, "archiveId", "userId", "documentName", content_url, is_compressed, digest,
               size, created_at, last_updated, record_state_key)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 1600000000, 1600000000, 'active')`,
            [id.bucket, id.key, id.account, `${id.key}.json`, uri, compressed, digest, stored.length],
          );
          assert.ok((await read(objects, id)).equals(plain));
          const row = await objects.stat(id);
          assert.ok(row);
          const moved = await objects.writeContent(id, await objects.openStored(row));
          assert.equal(await objects.switchLocation(row, moved), true);
          await objects.deleteContent(row.uri);
          assert.ok((await read(objects, id)).equals(plain));
          assert.equal((await objects.stat(id))?.createdAt.getTime(), 1600000000_000);
          await harness.alter(moved.uri, Buffer.alloc(plain.length));
          await assert.rejects(read(objects, id), integrity);
          await objects.delete(id);
        }
      }
      const id = newId();
      const row = await objects.put(id, plain);
      await harness.sql.query(`UPDATE archive_metadata SET codec = NULL, digest = $2 WHERE "archiveId" = $1`, [
        id.key,
        md5(plain),
      ]);
      await harness.alter(row.uri, Buffer.alloc(plain.length));
      await assert.rejects(read(objects, id), integrity);
      await objects.delete(id);
    },
  },
];

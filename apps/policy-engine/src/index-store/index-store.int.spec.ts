import { createTestDatabase, type TestDatabase } from '@kedge/database/testing';
import { Readable } from 'node:stream';
import { readAnalysis } from '../analysis-document/read-analysis.js';
import { IndexStore } from './index-store.js';

/** An analysis with these packages, each of which owns some files. */
function analysis(packages: string[]) {
  const files = packages.flatMap((name) => [1, 2, 3].map((number) => `/usr/share/${name}/${number}`));
  const object = (names: string[], value: (name: string) => unknown) =>
    Object.fromEntries(names.map((name) => [name, value(name)]));
  const document = {
    image_report: { meta: { imageId: 'f'.repeat(64) }, layers: ['sha256:1'] },
    analysis_report: {
      file_list: { 'files.allinfo': { base: object(files, () => ({ type: 'file', mode: 33188, size: 1 })) } },
      package_list: {
        'pkgs.allinfo': { base: object(packages, () => ({ version: '1', type: 'dpkg', arch: 'all' })) },
      },
      file_package_verify: {
        'distro.pkgfilemeta': {
          base: object(files, (path) => [{ package: path.split('/')[3], digest: 'ab', digestalgo: 'md5' }]),
        },
      },
    },
  };
  return readAnalysis(Readable.from([Buffer.from(JSON.stringify(document))]), { packageDb: true });
}

describe('the index', () => {
  let database: TestDatabase;
  let store: IndexStore;
  beforeAll(async () => {
    database = await createTestDatabase();
    store = new IndexStore(database.sql);
  });
  afterAll(() => database.drop());

  /** Ids that images list and no row has, and rows that no image lists. */
  const inconsistent = () =>
    database.sql.query(
      [
        ['image_package', 'package_ids'],
        ['package_content', 'content_ids'],
        ['file_block', 'file_block_ids'],
      ]
        .map(
          ([table, column]) => `
            SELECT '${table}' AS place, coalesce(shared.id, listed.id) AS id FROM ${table} shared
            FULL JOIN (SELECT DISTINCT unnest(${column}) AS id FROM policy_image) listed ON listed.id = shared.id
            WHERE shared.id IS NULL OR listed.id IS NULL`,
        )
        .join(' UNION ALL '),
    );

  it('stays whole when many images with shared packages come and go at the same time', async () => {
    const names = Array.from({ length: 40 }, (_item, number) => `package-${number}`);
    const worker = async (number: number) => {
      const name = { account: 'acme', digest: `sha256:${number}` };
      await database.sql.query(
        `INSERT INTO catalog_image ("imageDigest", "userId", created_at, last_updated) VALUES ($1, 'acme', 1, 1)`,
        [name.digest],
      );
      for (let round = 0; round < 6; round += 1) {
        const mine = names.filter((_name, at) => (at * 7 + number + round) % 5 !== 0);
        expect(await store.store(name, await analysis(number % 2 === 0 ? mine : mine.reverse()))).toBe(true);
        if ((round + number) % 3 === 0) await store.forget(name);
      }
    };
    await Promise.all([0, 1, 2, 3, 4, 5].map(worker));
    expect(await inconsistent()).toEqual([]);
    for (let number = 0; number < 6; number += 1) await store.forget({ account: 'acme', digest: `sha256:${number}` });
    expect(await database.sql.query('SELECT 1 FROM package_content')).toEqual([]);
    expect(await database.sql.query('SELECT 1 FROM index_garbage')).toEqual([]);
  });

  it('does not free what an image is about to list that is not committed yet', async () => {
    const [leaving, coming] = ['leaving', 'coming'].map((digest) => ({ account: 'acme', digest: `sha256:${digest}` }));
    if (!leaving || !coming) throw new Error('two images are needed');
    for (const { digest } of [leaving, coming]) {
      await database.sql.query(
        `INSERT INTO catalog_image ("imageDigest", "userId", created_at, last_updated) VALUES ($1, 'acme', 1, 1)`,
        [digest],
      );
    }
    await store.store(leaving, await analysis(['common']));
    const waitingFor = async (what: string) => {
      const waits = await database.sql.query(
        `SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'
           AND query LIKE $1`,
        [`%${what}%`],
      );
      return waits.length > 0;
    };
    let storing: Promise<boolean> | undefined;
    let forgetting: Promise<boolean> | undefined;
    await database.sql.transaction(async (holder) => {
      // Holds up the last step of storing: by then the image's row is written, and nobody else sees it.
      await holder.query(`SELECT 1 FROM catalog_image WHERE "imageDigest" = $1 FOR UPDATE`, [coming.digest]);
      storing = store.store(coming, await analysis(['common']));
      while (!(await waitingFor('UPDATE catalog_image'))) await new Promise((resolve) => setTimeout(resolve, 10));
      let isForgotten = false;
      forgetting = store.forget(leaving).finally(() => (isForgotten = true));
      while (!isForgotten && !(await waitingFor('pg_advisory_xact_lock'))) {
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
    });
    expect([await storing, await forgetting]).toEqual([true, true]);
    expect(await inconsistent()).toEqual([]);
    await store.forget(coming);
  });

  it('frees what a process left behind that died between forgetting and freeing', async () => {
    const name = { account: 'acme', digest: 'sha256:0' };
    await store.store(name, await analysis(['left']));
    await database.sql.query(
      `WITH gone AS (DELETE FROM policy_image RETURNING package_ids, content_ids, file_block_ids)
       INSERT INTO index_garbage (package_ids, content_ids, file_block_ids) SELECT * FROM gone`,
    );
    await store.collect();
    expect(await inconsistent()).toEqual([]);
    expect(await store.forget(name)).toBe(false);
  });

  it('stores nothing of an image that the catalog no longer has', async () => {
    const gone = { account: 'acme', digest: 'sha256:gone' };
    expect(await store.store(gone, await analysis(['gone']))).toBe(false);
    expect(await database.sql.query('SELECT 1 FROM image_package')).toEqual([]);
  });

  it('keeps names that PostgreSQL cannot', async () => {
    const odd = 'nul\0 half\ud800 pair\u{1f600}';
    await store.store({ account: 'acme', digest: 'sha256:1' }, await analysis([odd]));
    const rows = await database.sql.query<{ name: string }>('SELECT name FROM image_package');
    expect(rows).toEqual([{ name: 'nul\ufffd half\ufffd pair\u{1f600}' }]);
  });
});

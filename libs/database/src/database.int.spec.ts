import { parseDatabaseUrl } from '@kedge/config';
import { Readable } from 'node:stream';
import { createDataSource, ImageStates, requireCurrentSchema, schemaStatus, upgradeSchema } from './index.js';
import { MIGRATIONS } from './migrations/index.js';
import { createTestDatabase, type TestDatabase } from './testing/index.js';

describe('the schema', () => {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await createTestDatabase({ migrated: false });
  });
  afterAll(() => database.drop());

  it('is missing in a new database, and the error says what to run', async () => {
    await expect(requireCurrentSchema(database.dataSource)).rejects.toMatchObject({
      code: 'schema_missing',
      message: expect.stringContaining('anchore-manager db upgrade'),
    });
  });

  it('is made once by upgrades that run at the same time', async () => {
    const second = await createDataSource(database.settings);
    const ran = await Promise.all([upgradeSchema(database.dataSource), upgradeSchema(second)]);
    await second.destroy();
    expect(ran.flat().sort()).toEqual(MIGRATIONS.map((migration) => migration.name).sort());
    await requireCurrentSchema(database.dataSource);
  });

  it('agrees with the entities', async () => {
    const { upQueries } = await database.dataSource.driver.createSchemaBuilder().log();
    const changes = upQueries.map(({ query }) => query);
    // Entities have no relations, so TypeORM would drop the foreign keys; a default of gen_random_uuid() it never
    // recognises as equal to itself.
    const known =
      /DROP CONSTRAINT "\w+_fkey"$|SET DEFAULT gen_random_uuid\(\)$|COLUMN "(uuid|generated_uuid)" DROP DEFAULT$/;
    expect(changes.filter((change) => !known.test(change))).toEqual([]);
  });

  it('goes back and forth step by step', async () => {
    for (let step = 1; step < MIGRATIONS.length; step += 1) await database.dataSource.undoLastMigration();
    expect((await schemaStatus(database.dataSource)).pending).toHaveLength(MIGRATIONS.length - 1);
    await upgradeSchema(database.dataSource);
    expect((await schemaStatus(database.dataSource)).pending).toEqual([]);
  });

  it('keeps analysed images as they are when it learns to count analyses', async () => {
    const undone = MIGRATIONS.length - MIGRATIONS.findIndex(({ name }) => name.startsWith('WantedAnalysis'));
    for (let step = 0; step < undone; step += 1) await database.dataSource.undoLastMigration();
    await database.sql.query(
      `INSERT INTO catalog_image ("imageDigest", "userId", analysis_status, created_at, last_updated)
       VALUES ('sha256:1', 'admin', 'analyzed', 1, 1)`,
    );
    await upgradeSchema(database.dataSource);
    expect(await new ImageStates(database.sql).finish('admin', 'sha256:1')).toBe(true);
    await database.sql.query('DELETE FROM catalog_image');
  });

  it('keeps indexed packages when it learns of feeds, and both ways again', async () => {
    const undone = MIGRATIONS.length - MIGRATIONS.findIndex(({ name }) => name.startsWith('FeedsSchema'));
    const packages = () => database.sql.query<{ name: string }>('SELECT * FROM image_package');
    for (let time = 0; time < 2; time += 1) {
      for (let step = 0; step < undone; step += 1) await database.dataSource.undoLastMigration();
      if (time === 0) {
        await database.sql.query(
          `INSERT INTO image_package (digest, name, version, release, type, arch, path)
           VALUES ('a', 'dash', '0.5', 'N/A', 'dpkg', 'amd64', 'pkgdb')`,
        );
      }
      await upgradeSchema(database.dataSource);
      expect(await packages()).toMatchObject([{ name: 'dash', cpe_names: null }]);
      const [seeded] = await database.sql.query<{ n: number; rhel: string[] }>(
        `SELECT count(*)::int AS n, array_agg(from_distro ORDER BY from_distro) FILTER (WHERE to_distro = 'rhel') AS rhel
         FROM distro_mappings`,
      );
      expect(seeded).toEqual({ n: 12, rhel: ['centos', 'fedora', 'redhat', 'rhel', 'rocky'] });
      await database.sql.query(`INSERT INTO feeds (name) VALUES ('vulnerabilities')`);
      await database.sql.query(`INSERT INTO feed_groups (name, feed_name) VALUES ('debian:12', 'vulnerabilities')`);
      await database.sql.query(
        `INSERT INTO feed_data_vulnerabilities (id, namespace_name, severity) VALUES ('CVE-2001-0001', 'debian:12', 'High')`,
      );
    }
    await database.sql.query('DELETE FROM image_package');
  });

  it('keeps the migrations that were run before it learned how long they were at work', async () => {
    const undone = MIGRATIONS.length - MIGRATIONS.findIndex(({ name }) => name.startsWith('ActiveTime'));
    for (let step = 0; step < undone; step += 1) await database.dataSource.undoLastMigration();
    await database.sql.query(
      `WITH task AS (INSERT INTO tasks (state, type) VALUES ('complete', 'archivemigrationtask') RETURNING id),
         run AS (INSERT INTO archive_migration_tasks (id, migrate_from_driver, migrate_to_driver) SELECT id, 'db', 's3' FROM task)
       INSERT INTO data_migration (task_id, from_place, to_place, from_section, to_section, delete_source)
       SELECT id, 'db://', 's3://b', 'object_store', 'object_store', true FROM task`,
    );
    await upgradeSchema(database.dataSource);
    expect(await database.sql.query('SELECT * FROM data_migration')).toMatchObject([
      { to_place: 's3://b', active_seconds: null, bwlimit: null },
    ]);
    for (const table of ['data_migration', 'archive_migration_tasks', 'tasks']) {
      await database.sql.query(`DELETE FROM ${table}`);
    }
  });

  it('is not touched when a newer version made it', async () => {
    await database.sql.query(`INSERT INTO kedge_migration ("timestamp", name) VALUES (1999999999999, 'FromTheFuture')`);
    const refused = { code: 'schema_newer', message: expect.stringContaining('FromTheFuture') };
    await expect(requireCurrentSchema(database.dataSource)).rejects.toMatchObject(refused);
    await expect(upgradeSchema(database.dataSource)).rejects.toMatchObject(refused);
  });
});

describe('SQL on the pool', () => {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await createTestDatabase();
    await database.sql.query('CREATE TABLE number (n integer PRIMARY KEY)');
  });
  afterAll(() => database.drop());

  it('copies in, streams out, and stops a stream early without harm', async () => {
    const lines = Readable.from(
      (function* () {
        for (let n = 0; n < 5000; n += 1) yield `${n}\n`;
      })(),
    );
    expect(await database.sql.copyIn('COPY number FROM STDIN', lines)).toBe(5000);
    let sum = 0;
    for await (const row of database.sql.stream<{ n: number }>('SELECT n FROM number')) sum += row.n;
    expect(sum).toBe((4999 * 5000) / 2);
    for await (const row of database.sql.stream<{ n: number }>('SELECT n FROM number ORDER BY n')) {
      expect(row.n).toBe(0);
      break;
    }
    expect(await database.sql.query('SELECT count(*)::int AS n FROM number')).toEqual([{ n: 5000 }]);
  });

  it('tells the reader of a cursor that the server closed the connection, and goes on with another', async () => {
    const rows = database.sql.stream<{ n: number }>('SELECT n FROM generate_series(1, 5000) AS n');
    await rows.next();
    // Between two batches nothing is asked of the connection: the error comes when nobody waits for it.
    await database.sql.query(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'SELECT n FROM gen%' AND pid <> pg_backend_pid()`,
    );
    await expect(
      (async () => {
        for await (const row of rows) void row;
      })(),
    ).rejects.toThrow(/terminat/i);
    expect(await database.sql.query('SELECT count(*)::int AS n FROM number')).toEqual([{ n: 5000 }]);
  });

  it('copies out, and tells the reader that the server closed the connection in the middle', async () => {
    const pieces = await Array.fromAsync(database.sql.copyOut('COPY (SELECT * FROM generate_series(1, 3)) TO STDOUT'));
    expect(Buffer.concat(pieces).toString()).toBe('1\n2\n3\n');
    const source = database.sql.copyOut(
      `COPY (SELECT repeat('x', 64000) UNION ALL SELECT pg_sleep(60)::text) TO STDOUT`,
    );
    await source.next();
    await database.sql.query(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'COPY (SELECT repeat%'`,
    );
    await expect(Array.fromAsync(source)).rejects.toThrow(/terminat/i);
    expect(await database.sql.query('SELECT 1 AS one')).toEqual([{ one: 1 }]);
  });

  it('rolls a failed transaction back, a failed copy in it included', async () => {
    const work = database.sql.transaction(async (tx) => {
      await tx.query('DELETE FROM number WHERE n < 100');
      await tx.copyIn('COPY number FROM STDIN', Readable.from(['200\n']));
    });
    await expect(work).rejects.toMatchObject({ code: '23505' });
    expect(await database.sql.query('SELECT count(*)::int AS n FROM number')).toEqual([{ n: 5000 }]);
  });
});

describe('connecting', () => {
  it.each([
    ['postgresql://me:hush-hush@127.0.0.1:1/x', 'unreachable', 'me@127.0.0.1:1/x'],
    ['postgresql+pg8000://me:hush-hush@nowhere.invalid/x', 'unreachable', 'me@nowhere.invalid:5432/x'],
  ])('to %s fails as %s, without showing the password', async (url, code, place) => {
    const failure = await createDataSource(parseDatabaseUrl(url)).catch((error: unknown) => error as Error);
    expect(failure).toMatchObject({ name: 'DatabaseError', code, message: expect.stringContaining(place) });
    expect((failure as Error).message).not.toContain('hush-hush');
  });

  it('names a database that does not exist', async () => {
    const settings = parseDatabaseUrl(process.env['KEDGE_TEST_PG_URL'] ?? '');
    await expect(createDataSource({ ...settings, database: 'not_there' })).rejects.toMatchObject({
      code: 'refused',
      message: expect.stringContaining('there is no such database'),
    });
  });
});

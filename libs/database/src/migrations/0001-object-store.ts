import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Tables of the object store.
 *
 * `archive_metadata` has the columns of Anchore Engine, so that a live database of the old system is adopted as it is;
 * `codec` and `stored_size` are new and null in adopted rows. `kedge_object` and `kedge_object_chunk` hold the content of
 * the `db` driver: one header an object, content in pieces of 1 MiB. Pieces are `STORAGE EXTERNAL` because the store has
 * compressed them already when that pays.
 */
export class ObjectStoreSchema1795500000001 implements MigrationInterface {
  readonly name = 'ObjectStoreSchema1795500000001';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE IF NOT EXISTS archive_metadata (
        bucket varchar NOT NULL,
        "archiveId" varchar NOT NULL,
        "userId" varchar NOT NULL,
        "documentName" varchar NOT NULL,
        content_url varchar,
        is_compressed boolean,
        digest varchar,
        size bigint,
        document_metadata varchar,
        created_at integer,
        last_updated integer,
        record_state_key varchar,
        record_state_val varchar,
        CONSTRAINT archive_metadata_pkey PRIMARY KEY (bucket, "archiveId", "userId", "documentName")
      )`);
    await runner.query(`
      ALTER TABLE archive_metadata
        ADD COLUMN IF NOT EXISTS codec varchar,
        ADD COLUMN IF NOT EXISTS stored_size bigint`);
    await this.refuseDuplicates(runner);
    await runner.query(`
      CREATE UNIQUE INDEX archive_metadata_object_key ON archive_metadata ("userId", bucket, "archiveId")`);
    // A uri can be longer than a btree entry may be; a hash index has no such limit and serves the lookup by exact uri.
    await runner.query(`CREATE INDEX archive_metadata_content_url_idx ON archive_metadata USING hash (content_url)`);

    await runner.query(`
      CREATE TABLE kedge_object (
        id bigint GENERATED ALWAYS AS IDENTITY,
        account varchar NOT NULL,
        bucket varchar NOT NULL,
        key varchar NOT NULL,
        version varchar NOT NULL,
        size bigint NOT NULL,
        complete boolean NOT NULL,
        created_at timestamptz NOT NULL DEFAULT now(),
        touched_at timestamptz NOT NULL DEFAULT now(),
        CONSTRAINT kedge_object_pkey PRIMARY KEY (id),
        CONSTRAINT kedge_object_address_key UNIQUE (account, bucket, key, version)
      )`);
    await runner.query(`CREATE INDEX kedge_object_unfinished_idx ON kedge_object (touched_at) WHERE NOT complete`);
    await runner.query(`
      CREATE TABLE kedge_object_chunk (
        object_id bigint NOT NULL,
        seq integer NOT NULL,
        data bytea NOT NULL,
        CONSTRAINT kedge_object_chunk_pkey PRIMARY KEY (object_id, seq),
        CONSTRAINT kedge_object_chunk_object_fkey FOREIGN KEY (object_id) REFERENCES kedge_object (id) ON DELETE CASCADE
      )`);
    await runner.query(`ALTER TABLE kedge_object_chunk ALTER COLUMN data SET STORAGE EXTERNAL`);
  }

  /** The content tables go; `archive_metadata` stays because it may have been there before Kedge. */
  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`DROP TABLE kedge_object_chunk`);
    await runner.query(`DROP TABLE kedge_object`);
    await runner.query(`DROP INDEX archive_metadata_content_url_idx`);
    await runner.query(`DROP INDEX archive_metadata_object_key`);
    await runner.query(`ALTER TABLE archive_metadata DROP COLUMN stored_size, DROP COLUMN codec`);
  }

  /** The old schema allowed several rows an object (its key includes a derived name), of which lookups saw a random one. */
  private async refuseDuplicates(runner: QueryRunner): Promise<void> {
    const rows = (await runner.query(`
      SELECT "userId", bucket, "archiveId", count(*)::int AS rows FROM archive_metadata
      GROUP BY 1, 2, 3 HAVING count(*) > 1 ORDER BY 1, 2, 3 LIMIT 5`)) as {
      userId: string;
      bucket: string;
      archiveId: string;
      rows: number;
    }[];
    if (rows.length === 0) return;
    const list = rows.map((row) => `${row.userId}/${row.bucket}/${row.archiveId} (${row.rows} rows)`).join(', ');
    throw new Error(
      `table archive_metadata holds several rows for one object: ${list}; delete the stale rows and retry`,
    );
  }
}

import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * What the policy engine knows of images.
 *
 * Most of an image is what other images have too, so it is kept once for all of them, by the digest of its content:
 * packages (`image_package`), the files that a package owns (`package_content`, the packages database of
 * `packages.verify`) and pieces of the squashed file tree (`file_block`). An image lists the ids. A row of these tables
 * never changes, and the sequences belong to no table, so that an id never comes back even after TRUNCATE ... RESTART
 * IDENTITY. Nothing references `package_content`: an operator who has switched it off may empty the table.
 *
 * `index_garbage` has the lists of images that are gone; whoever empties it frees what no other image lists.
 */
export class PolicyEngineSchema1795500000005 implements MigrationInterface {
  readonly name = 'PolicyEngineSchema1795500000005';

  async up(runner: QueryRunner): Promise<void> {
    for (const table of ['image_package', 'package_content', 'file_block']) {
      await runner.query(`CREATE SEQUENCE ${table}_id_seq AS bigint`);
    }
    await runner.query(`
      CREATE TABLE image_package (
        id bigint NOT NULL DEFAULT nextval('image_package_id_seq'),
        digest bytea NOT NULL,
        name text NOT NULL,
        version text NOT NULL,
        release text NOT NULL,
        type text NOT NULL,
        arch text NOT NULL,
        path text NOT NULL,
        size bigint,
        license text,
        origin text,
        source text,
        CONSTRAINT image_package_pkey PRIMARY KEY (id),
        CONSTRAINT image_package_digest_key UNIQUE (digest)
      )`);
    // Names come from images and may be longer than a btree entry can be.
    await runner.query(`CREATE INDEX image_package_name_idx ON image_package USING hash (name)`);
    await runner.query(`
      CREATE TABLE package_content (
        id bigint NOT NULL DEFAULT nextval('package_content_id_seq'),
        digest bytea NOT NULL,
        name text NOT NULL,
        version text NOT NULL,
        type text NOT NULL,
        arch text NOT NULL,
        entry_count integer NOT NULL,
        entries bytea NOT NULL,
        CONSTRAINT package_content_pkey PRIMARY KEY (id),
        CONSTRAINT package_content_digest_key UNIQUE (digest)
      )`);
    await runner.query(`
      CREATE TABLE file_block (
        id bigint NOT NULL DEFAULT nextval('file_block_id_seq'),
        digest bytea NOT NULL,
        first_path text NOT NULL,
        file_count integer NOT NULL,
        files bytea NOT NULL,
        CONSTRAINT file_block_pkey PRIMARY KEY (id),
        CONSTRAINT file_block_digest_key UNIQUE (digest)
      )`);
    // Compressed already.
    await runner.query(`ALTER TABLE package_content ALTER COLUMN entries SET STORAGE EXTERNAL`);
    await runner.query(`ALTER TABLE file_block ALTER COLUMN files SET STORAGE EXTERNAL`);

    // content_ids null: not loaded, because enable_package_db_load was false. file_block_ids null: no file data.
    await runner.query(`
      CREATE TABLE policy_image (
        id bigint GENERATED ALWAYS AS IDENTITY,
        account varchar NOT NULL,
        digest varchar NOT NULL,
        image_id varchar NOT NULL,
        size bigint NOT NULL,
        distro_name text,
        distro_version text,
        like_distro text,
        architecture text,
        os text,
        layer_count integer NOT NULL,
        dockerfile_mode text,
        dockerfile_contents text,
        report jsonb NOT NULL,
        package_ids bigint[] NOT NULL,
        content_ids bigint[],
        file_block_ids bigint[],
        file_count integer NOT NULL,
        indexed_at timestamptz NOT NULL DEFAULT now(),
        CONSTRAINT policy_image_pkey PRIMARY KEY (id),
        CONSTRAINT policy_image_digest_key UNIQUE (account, digest)
      )`);
    await runner.query(`CREATE INDEX policy_image_image_id_idx ON policy_image (account, image_id)`);
    // Who lists this id? Asked when an image goes, and to find the images that have a package.
    for (const column of ['package_ids', 'content_ids', 'file_block_ids']) {
      await runner.query(
        `CREATE INDEX policy_image_${column}_idx ON policy_image USING gin (${column}) WITH (fastupdate = off)`,
      );
    }
    await runner.query(`
      CREATE TABLE image_artifact (
        id bigint GENERATED ALWAYS AS IDENTITY,
        image bigint NOT NULL,
        kind varchar NOT NULL,
        key text NOT NULL,
        value jsonb,
        content bytea,
        CONSTRAINT image_artifact_pkey PRIMARY KEY (id),
        CONSTRAINT image_artifact_kind_check
          CHECK (kind IN ('secret_search', 'content_search', 'malware', 'retrieved_file')),
        CONSTRAINT image_artifact_image_fkey FOREIGN KEY (image) REFERENCES policy_image (id) ON DELETE CASCADE
      )`);
    await runner.query(`CREATE INDEX image_artifact_image_idx ON image_artifact (image, kind)`);
    // subject: digest of tag, bundle id and environment; a new bundle of the same id takes the place of the old one.
    await runner.query(`
      CREATE TABLE policy_evaluation_cache (
        image bigint NOT NULL,
        subject bytea NOT NULL,
        bundle_digest bytea NOT NULL,
        result bytea NOT NULL,
        valid_until timestamptz NOT NULL,
        created_at timestamptz NOT NULL DEFAULT now(),
        CONSTRAINT policy_evaluation_cache_pkey PRIMARY KEY (image, subject),
        CONSTRAINT policy_evaluation_cache_image_fkey FOREIGN KEY (image) REFERENCES policy_image (id) ON DELETE CASCADE
      )`);
    await runner.query(`ALTER TABLE policy_evaluation_cache ALTER COLUMN result SET STORAGE EXTERNAL`);
    await runner.query(`CREATE INDEX policy_evaluation_cache_valid_until_idx ON policy_evaluation_cache (valid_until)`);
    await runner.query(`
      CREATE TABLE index_garbage (
        id bigint GENERATED ALWAYS AS IDENTITY,
        package_ids bigint[] NOT NULL,
        content_ids bigint[],
        file_block_ids bigint[],
        CONSTRAINT index_garbage_pkey PRIMARY KEY (id)
      )`);
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const table of ['index_garbage', 'policy_evaluation_cache', 'image_artifact', 'policy_image']) {
      await runner.query(`DROP TABLE ${table}`);
    }
    for (const table of ['file_block', 'package_content', 'image_package']) {
      await runner.query(`DROP TABLE ${table}`);
      await runner.query(`DROP SEQUENCE ${table}_id_seq`);
    }
  }
}

import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * The analysis archive: which images are in it under which tags, the rules that move images there and out of it, and
 * what the rules did. Names and columns are those of Anchore Engine; the archived content itself is an object.
 *
 * `record_state_val` of an image that is being archived holds the token of the process that does it.
 */
export class ArchiveSchema1795500000004 implements MigrationInterface {
  readonly name = 'ArchiveSchema1795500000004';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE catalog_archived_images (
        account varchar NOT NULL,
        "imageDigest" varchar NOT NULL,
        "parentDigest" varchar,
        image_record_created_at integer,
        image_record_last_updated integer,
        analyzed_at integer,
        status varchar NOT NULL,
        annotations json,
        manifest_bucket varchar,
        manifest_key varchar,
        archive_size_bytes bigint,
        created_at integer NOT NULL,
        last_updated integer NOT NULL,
        record_state_key varchar NOT NULL DEFAULT 'active',
        record_state_val varchar,
        CONSTRAINT catalog_archived_images_pkey PRIMARY KEY (account, "imageDigest"),
        CONSTRAINT catalog_archived_images_status_check CHECK (status IN ('archiving', 'archived', 'deleting'))
      )`);
    await runner.query(`
      CREATE INDEX catalog_archived_images_parent_idx ON catalog_archived_images (account, "parentDigest")`);
    await runner.query(`
      CREATE TABLE catalog_archived_images_docker (
        account varchar NOT NULL,
        "imageDigest" varchar NOT NULL,
        registry varchar NOT NULL,
        repository varchar NOT NULL,
        tag varchar NOT NULL,
        "imageId" varchar,
        tag_detected_at integer,
        created_at integer NOT NULL,
        last_updated integer NOT NULL,
        record_state_key varchar NOT NULL DEFAULT 'active',
        record_state_val varchar,
        CONSTRAINT catalog_archived_images_docker_pkey PRIMARY KEY (account, "imageDigest", registry, repository, tag),
        CONSTRAINT catalog_archived_images_docker_image_fkey FOREIGN KEY (account, "imageDigest")
          REFERENCES catalog_archived_images (account, "imageDigest") ON DELETE CASCADE
      )`);
    await runner.query(`
      CREATE TABLE catalog_archive_transition_rules (
        account varchar NOT NULL,
        rule_id varchar NOT NULL,
        transition varchar NOT NULL,
        selector_registry varchar,
        selector_repository varchar,
        selector_tag varchar,
        tag_versions_newer integer,
        analysis_age_days integer,
        system_global boolean NOT NULL DEFAULT false,
        exclude_selector_registry varchar,
        exclude_selector_repository varchar,
        exclude_selector_tag varchar,
        exclude_expiration_days integer,
        max_images_per_account integer,
        created_at integer NOT NULL,
        last_updated integer NOT NULL,
        CONSTRAINT catalog_archive_transition_rules_pkey PRIMARY KEY (account, rule_id),
        CONSTRAINT catalog_archive_transition_rules_transition_check CHECK (transition IN ('archive', 'delete'))
      )`);
    // One limit of images an account; two would contradict each other.
    await runner.query(`
      CREATE UNIQUE INDEX catalog_archive_transition_rules_limit_key
        ON catalog_archive_transition_rules (system_global) WHERE max_images_per_account IS NOT NULL`);
    await runner.query(`
      CREATE TABLE catalog_archive_transition_history (
        transition_task_id varchar NOT NULL,
        account varchar NOT NULL,
        rule_id varchar NOT NULL,
        image_digest varchar NOT NULL,
        transition varchar NOT NULL,
        transition_state varchar NOT NULL,
        created_at integer NOT NULL,
        last_updated integer NOT NULL,
        CONSTRAINT catalog_archive_transition_history_pkey
          PRIMARY KEY (transition_task_id, account, rule_id, image_digest, transition),
        CONSTRAINT catalog_archive_transition_history_transition_check CHECK (transition IN ('archive', 'delete')),
        CONSTRAINT catalog_archive_transition_history_state_check CHECK (transition_state IN ('pending', 'complete'))
      )`);
    await runner.query(`
      CREATE INDEX catalog_archive_transition_history_rule_idx
        ON catalog_archive_transition_history (rule_id, created_at)`);
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const table of [
      'catalog_archive_transition_history',
      'catalog_archive_transition_rules',
      'catalog_archived_images_docker',
      'catalog_archived_images',
    ]) {
      await runner.query(`DROP TABLE ${table}`);
    }
  }
}

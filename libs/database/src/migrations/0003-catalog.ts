import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * What the catalog knows: images and their tags over time, policies, registries, subscriptions, events, evaluations.
 * Names and columns are those of Anchore Engine; `analysis_error` and `source_location` are new.
 */
export class CatalogSchema1795500000003 implements MigrationInterface {
  readonly name = 'CatalogSchema1795500000003';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE catalog_image (
        "imageDigest" varchar NOT NULL,
        "userId" varchar NOT NULL,
        "parentDigest" varchar,
        image_type varchar NOT NULL DEFAULT 'docker',
        arch varchar,
        distro varchar,
        distro_version varchar,
        dockerfile_mode varchar,
        image_size bigint,
        layer_count integer,
        annotations text,
        analysis_status varchar NOT NULL DEFAULT 'not_analyzed',
        analysis_error text,
        image_status varchar NOT NULL DEFAULT 'active',
        source_location varchar,
        created_at integer NOT NULL,
        last_updated integer NOT NULL,
        analyzed_at integer,
        CONSTRAINT catalog_image_pkey PRIMARY KEY ("imageDigest", "userId"),
        CONSTRAINT catalog_image_analysis_status_check
          CHECK (analysis_status IN ('not_analyzed', 'analyzing', 'analyzed', 'analysis_failed')),
        CONSTRAINT catalog_image_image_status_check CHECK (image_status IN ('active', 'deleting'))
      )`);
    await runner.query(`CREATE INDEX catalog_image_user_created_idx ON catalog_image ("userId", created_at)`);
    await runner.query(`
      CREATE TABLE catalog_image_docker (
        "imageDigest" varchar NOT NULL,
        "userId" varchar NOT NULL,
        registry varchar NOT NULL,
        repo varchar NOT NULL,
        tag varchar NOT NULL,
        digest varchar NOT NULL,
        "imageId" varchar NOT NULL,
        dockerfile text,
        tag_detected_at integer NOT NULL,
        created_at integer NOT NULL,
        last_updated integer NOT NULL,
        CONSTRAINT catalog_image_docker_pkey PRIMARY KEY ("imageDigest", "userId", registry, repo, tag),
        CONSTRAINT catalog_image_docker_image_fkey FOREIGN KEY ("imageDigest", "userId")
          REFERENCES catalog_image ("imageDigest", "userId") ON DELETE CASCADE
      )`);
    await runner.query(`
      CREATE INDEX catalog_image_docker_tag_idx ON catalog_image_docker ("userId", registry, repo, tag, tag_detected_at)`);
    await runner.query(`
      CREATE INDEX catalog_image_docker_image_id_idx ON catalog_image_docker ("userId", "imageId")`);
    await runner.query(`
      CREATE TABLE policy_bundle (
        "policyId" varchar NOT NULL,
        "userId" varchar NOT NULL,
        active boolean NOT NULL DEFAULT false,
        policy_source varchar NOT NULL DEFAULT 'local',
        created_at integer NOT NULL,
        last_updated integer NOT NULL,
        CONSTRAINT policy_bundle_pkey PRIMARY KEY ("policyId", "userId")
      )`);
    await runner.query(`CREATE UNIQUE INDEX policy_bundle_active_key ON policy_bundle ("userId") WHERE active`);
    await runner.query(`
      CREATE TABLE policy_eval (
        "userId" varchar NOT NULL,
        "imageDigest" varchar NOT NULL,
        tag varchar NOT NULL,
        "policyId" varchar NOT NULL,
        final_action varchar NOT NULL,
        created_at integer NOT NULL,
        last_updated integer NOT NULL,
        "evalId" varchar NOT NULL,
        policyeval text,
        CONSTRAINT policy_eval_pkey PRIMARY KEY ("userId", "imageDigest", tag, "policyId", final_action, created_at)
      )`);
    await runner.query(`
      CREATE TABLE registries (
        registry varchar NOT NULL,
        "userId" varchar NOT NULL,
        registry_type varchar NOT NULL DEFAULT 'docker_v2',
        registry_name varchar,
        registry_user varchar,
        registry_pass varchar,
        registry_verify boolean NOT NULL DEFAULT true,
        registry_meta text,
        record_state_key varchar NOT NULL DEFAULT 'active',
        record_state_val varchar,
        created_at integer NOT NULL,
        last_updated integer NOT NULL,
        CONSTRAINT registries_pkey PRIMARY KEY (registry, "userId")
      )`);
    await runner.query(`
      CREATE TABLE subscriptions (
        subscription_id varchar NOT NULL,
        "userId" varchar NOT NULL,
        subscription_type varchar NOT NULL,
        subscription_key varchar NOT NULL,
        subscription_value text,
        active boolean NOT NULL DEFAULT false,
        created_at integer NOT NULL,
        last_updated integer NOT NULL,
        CONSTRAINT subscriptions_pkey PRIMARY KEY (subscription_id),
        CONSTRAINT subscriptions_subject_key UNIQUE ("userId", subscription_type, subscription_key)
      )`);
    await runner.query(`
      CREATE TABLE events (
        generated_uuid uuid NOT NULL DEFAULT gen_random_uuid(),
        resource_user_id varchar,
        resource_id varchar,
        resource_type varchar,
        source_servicename varchar NOT NULL,
        source_hostid varchar NOT NULL,
        source_base_url varchar,
        source_request_id varchar,
        type varchar NOT NULL,
        level varchar NOT NULL,
        message varchar,
        details text,
        "timestamp" timestamptz NOT NULL DEFAULT now(),
        created_at integer NOT NULL,
        CONSTRAINT events_pkey PRIMARY KEY (generated_uuid)
      )`);
    await runner.query(`CREATE INDEX events_timestamp_idx ON events ("timestamp")`);
    await runner.query(`CREATE INDEX events_resource_idx ON events (resource_user_id, resource_type, resource_id)`);
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const table of [
      'events',
      'subscriptions',
      'registries',
      'policy_eval',
      'policy_bundle',
      'catalog_image_docker',
      'catalog_image',
    ]) {
      await runner.query(`DROP TABLE ${table}`);
    }
  }
}

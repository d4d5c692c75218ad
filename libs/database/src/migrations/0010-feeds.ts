import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What a distribution's name stands for in the feeds, and the family whose order its versions follow. */
const DISTRO_MAPPINGS = [
  ['alpine', 'alpine', 'ALPINE'],
  ['busybox', 'busybox', 'BUSYB'],
  ['centos', 'rhel', 'RHEL'],
  ['fedora', 'rhel', 'RHEL'],
  ['rhel', 'rhel', 'RHEL'],
  ['redhat', 'rhel', 'RHEL'],
  ['rocky', 'rhel', 'RHEL'],
  ['ol', 'ol', 'RHEL'],
  ['amzn', 'amzn', 'RHEL'],
  ['sles', 'sles', 'RHEL'],
  ['debian', 'debian', 'DEB'],
  ['ubuntu', 'ubuntu', 'DEB'],
] as const;

/**
 * What feeds say of vulnerabilities and of official packages. Names and columns are those of Anchore Engine, with these
 * differences: documents are jsonb; `feed_data_cpev2_vulnerabilities` has a key of its own instead of one of 14 columns;
 * fixed artifacts are found by package; tables that were empty in every installation (the first NVD and CPE forms, raw
 * feeds, commercial feeds) are gone.
 *
 * `image_package_vulnerabilities` does not hold what packages of an image match: matches are computed from the feed tables
 * by one indexed look-up, so that no feed has to touch every image and none can be out of date. The table remembers when
 * each match was first seen. `image` is the row of `policy_image`, without a foreign key because the row is replaced
 * when the image is indexed again.
 *
 * `image_package.cpe_names` has what CPEs of a language package say of product and version, `product version`.
 */
export class FeedsSchema1795500000010 implements MigrationInterface {
  readonly name = 'FeedsSchema1795500000010';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE feeds (
        name varchar NOT NULL,
        description varchar,
        access_tier integer,
        last_full_sync timestamptz,
        last_update timestamptz,
        created_at timestamptz NOT NULL DEFAULT now(),
        enabled boolean NOT NULL DEFAULT true,
        CONSTRAINT feeds_pkey PRIMARY KEY (name)
      )`);
    await runner.query(`
      CREATE TABLE feed_groups (
        name varchar NOT NULL,
        feed_name varchar NOT NULL,
        description varchar,
        access_tier integer,
        last_sync timestamptz,
        created_at timestamptz NOT NULL DEFAULT now(),
        last_update timestamptz,
        enabled boolean NOT NULL DEFAULT true,
        count bigint NOT NULL DEFAULT 0,
        CONSTRAINT feed_groups_pkey PRIMARY KEY (name, feed_name),
        CONSTRAINT feed_groups_feed_fkey FOREIGN KEY (feed_name) REFERENCES feeds (name) ON DELETE CASCADE
      )`);
    await this.createVulnerabilities(runner);
    await this.createNvd(runner);
    await this.createPackages(runner);
    await runner.query(`
      CREATE TABLE distro_mappings (
        from_distro varchar NOT NULL,
        to_distro varchar NOT NULL,
        flavor varchar NOT NULL,
        created_at timestamptz NOT NULL DEFAULT now(),
        CONSTRAINT distro_mappings_pkey PRIMARY KEY (from_distro)
      )`);
    for (const mapping of DISTRO_MAPPINGS) {
      await runner.query(`INSERT INTO distro_mappings (from_distro, to_distro, flavor) VALUES ($1, $2, $3)`, [
        ...mapping,
      ]);
    }
    await runner.query(`
      CREATE TABLE image_package_vulnerabilities (
        image bigint NOT NULL,
        package bigint NOT NULL,
        vulnerability_id varchar NOT NULL,
        vulnerability_namespace_name varchar NOT NULL,
        created_at timestamptz NOT NULL DEFAULT now(),
        CONSTRAINT image_package_vulnerabilities_pkey PRIMARY KEY (image, package, vulnerability_id)
      )`);
    await runner.query(`
      CREATE INDEX image_package_vulnerabilities_vulnerability_idx
        ON image_package_vulnerabilities (vulnerability_id, image)`);
    await runner.query(`ALTER TABLE image_package ADD COLUMN cpe_names text[]`);
  }

  private async createVulnerabilities(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE feed_data_vulnerabilities (
        id varchar NOT NULL,
        namespace_name varchar NOT NULL,
        severity varchar NOT NULL,
        description text,
        link varchar,
        metadata_json jsonb,
        cvss2_vectors varchar,
        cvss2_score double precision,
        created_at timestamptz NOT NULL DEFAULT now(),
        updated_at timestamptz NOT NULL DEFAULT now(),
        CONSTRAINT feed_data_vulnerabilities_pkey PRIMARY KEY (id, namespace_name),
        CONSTRAINT feed_data_vulnerabilities_severity_check
          CHECK (severity IN ('Unknown', 'Negligible', 'Low', 'Medium', 'High', 'Critical'))
      )`);
    await runner.query(`
      CREATE INDEX feed_data_vulnerabilities_namespace_idx ON feed_data_vulnerabilities (namespace_name)`);
    await runner.query(`
      CREATE TABLE feed_data_vulnerabilities_fixed_artifacts (
        vulnerability_id varchar NOT NULL,
        namespace_name varchar NOT NULL,
        name varchar NOT NULL,
        version varchar NOT NULL,
        version_format varchar,
        epochless_version varchar,
        include_later_versions boolean NOT NULL DEFAULT true,
        vendor_no_advisory boolean NOT NULL DEFAULT false,
        fix_metadata jsonb,
        created_at timestamptz NOT NULL DEFAULT now(),
        updated_at timestamptz NOT NULL DEFAULT now(),
        fix_observed_at timestamptz,
        CONSTRAINT feed_data_vulnerabilities_fixed_artifacts_pkey
          PRIMARY KEY (vulnerability_id, namespace_name, name, version),
        CONSTRAINT feed_data_vulnerabilities_fixed_artifacts_vulnerability_fkey
          FOREIGN KEY (vulnerability_id, namespace_name)
          REFERENCES feed_data_vulnerabilities (id, namespace_name) ON DELETE CASCADE
      )`);
    // Answers from the index alone what a package may have.
    await runner.query(`
      CREATE INDEX feed_data_vulnerabilities_fixed_artifacts_package_idx
        ON feed_data_vulnerabilities_fixed_artifacts (namespace_name, name)
        INCLUDE (vulnerability_id, version, version_format, epochless_version, vendor_no_advisory, fix_observed_at,
          updated_at)`);
    await runner.query(`
      CREATE TABLE feed_data_vulnerabilities_vulnerable_artifacts (
        vulnerability_id varchar NOT NULL,
        namespace_name varchar NOT NULL,
        name varchar NOT NULL,
        version varchar NOT NULL,
        version_format varchar,
        epochless_version varchar,
        include_previous_versions boolean NOT NULL DEFAULT true,
        created_at timestamptz NOT NULL DEFAULT now(),
        updated_at timestamptz NOT NULL DEFAULT now(),
        CONSTRAINT feed_data_vulnerabilities_vulnerable_artifacts_pkey
          PRIMARY KEY (vulnerability_id, namespace_name, name, version),
        CONSTRAINT feed_data_vulnerabilities_vulnerable_artifacts_vulnerability_fkey
          FOREIGN KEY (vulnerability_id, namespace_name)
          REFERENCES feed_data_vulnerabilities (id, namespace_name) ON DELETE CASCADE
      )`);
  }

  private async createNvd(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE feed_data_nvdv2_vulnerabilities (
        name varchar NOT NULL,
        namespace_name varchar NOT NULL,
        severity varchar NOT NULL,
        description text,
        cvss_v2 jsonb,
        cvss_v3 jsonb,
        link varchar,
        "references" jsonb,
        created_at timestamptz NOT NULL DEFAULT now(),
        updated_at timestamptz NOT NULL DEFAULT now(),
        CONSTRAINT feed_data_nvdv2_vulnerabilities_pkey PRIMARY KEY (name, namespace_name),
        CONSTRAINT feed_data_nvdv2_vulnerabilities_severity_check
          CHECK (severity IN ('Unknown', 'Negligible', 'Low', 'Medium', 'High', 'Critical'))
      )`);
    await runner.query(`
      CREATE INDEX feed_data_nvdv2_vulnerabilities_severity_idx ON feed_data_nvdv2_vulnerabilities (severity)`);
    await runner.query(`
      CREATE TABLE feed_data_cpev2_vulnerabilities (
        id bigint GENERATED ALWAYS AS IDENTITY,
        feed_name varchar NOT NULL,
        namespace_name varchar NOT NULL,
        vulnerability_id varchar NOT NULL,
        part varchar NOT NULL,
        vendor varchar NOT NULL,
        product varchar NOT NULL,
        version varchar NOT NULL,
        "update" varchar NOT NULL,
        edition varchar NOT NULL,
        language varchar NOT NULL,
        sw_edition varchar NOT NULL,
        target_sw varchar NOT NULL,
        target_hw varchar NOT NULL,
        other varchar NOT NULL,
        created_at timestamptz NOT NULL DEFAULT now(),
        updated_at timestamptz NOT NULL DEFAULT now(),
        CONSTRAINT feed_data_cpev2_vulnerabilities_pkey PRIMARY KEY (id),
        CONSTRAINT feed_data_cpev2_vulnerabilities_vulnerability_fkey FOREIGN KEY (vulnerability_id, namespace_name)
          REFERENCES feed_data_nvdv2_vulnerabilities (name, namespace_name) ON DELETE CASCADE
      )`);
    await runner.query(`
      CREATE INDEX feed_data_cpev2_vulnerabilities_product_idx ON feed_data_cpev2_vulnerabilities (product, version)`);
    await runner.query(`
      CREATE INDEX feed_data_cpev2_vulnerabilities_vulnerability_idx
        ON feed_data_cpev2_vulnerabilities (vulnerability_id, namespace_name)`);
  }

  private async createPackages(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE feed_data_gem_packages (
        name varchar NOT NULL,
        id bigint,
        latest varchar,
        licenses_json jsonb,
        authors_json jsonb,
        versions_json jsonb,
        created_at timestamptz NOT NULL DEFAULT now(),
        updated_at timestamptz NOT NULL DEFAULT now(),
        CONSTRAINT feed_data_gem_packages_pkey PRIMARY KEY (name)
      )`);
    await runner.query(`
      CREATE TABLE feed_data_npm_packages (
        name varchar NOT NULL,
        sourcepkg varchar,
        latest varchar,
        lics_json jsonb,
        origins_json jsonb,
        versions_json jsonb,
        created_at timestamptz NOT NULL DEFAULT now(),
        updated_at timestamptz NOT NULL DEFAULT now(),
        CONSTRAINT feed_data_npm_packages_pkey PRIMARY KEY (name)
      )`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`ALTER TABLE image_package DROP COLUMN cpe_names`);
    for (const table of [
      'image_package_vulnerabilities',
      'distro_mappings',
      'feed_data_npm_packages',
      'feed_data_gem_packages',
      'feed_data_cpev2_vulnerabilities',
      'feed_data_nvdv2_vulnerabilities',
      'feed_data_vulnerabilities_vulnerable_artifacts',
      'feed_data_vulnerabilities_fixed_artifacts',
      'feed_data_vulnerabilities',
      'feed_groups',
      'feeds',
    ]) {
      await runner.query(`DROP TABLE ${table}`);
    }
  }
}

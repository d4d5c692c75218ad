import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Which analysis of an image is wanted, and which one its documents are of: one that was asked for while an older one
 * ended was taken for done. And an index for images found by the digest of their list.
 */
export class WantedAnalysisSchema1795500000007 implements MigrationInterface {
  readonly name = 'WantedAnalysisSchema1795500000007';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      ALTER TABLE catalog_image
        ADD COLUMN analysis_wanted integer NOT NULL DEFAULT 0,
        ADD COLUMN analysis_made integer NOT NULL DEFAULT 0`);
    await runner.query(`CREATE INDEX catalog_image_parent_digest_idx ON catalog_image ("userId", "parentDigest")`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`DROP INDEX catalog_image_parent_digest_idx`);
    await runner.query(`ALTER TABLE catalog_image DROP COLUMN analysis_wanted, DROP COLUMN analysis_made`);
  }
}

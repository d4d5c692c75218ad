import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * What `packages.verify` finds in an image, compared once when the image is indexed instead of whenever it is judged;
 * compressed JSON. Null where it has to be compared: in images that were indexed before, and where too much differs.
 */
export class PackageDifferencesSchema1795500000011 implements MigrationInterface {
  readonly name = 'PackageDifferencesSchema1795500000011';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`ALTER TABLE policy_image ADD COLUMN package_differences bytea`);
    await runner.query(`ALTER TABLE policy_image ALTER COLUMN package_differences SET STORAGE EXTERNAL`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`ALTER TABLE policy_image DROP COLUMN package_differences`);
  }
}

import type { MigrationInterface, QueryRunner } from 'typeorm';

/** The journal of data migrations says where a copy is going to be before it is begun, so that a resumed run can clear up. */
export class IntendedCopiesSchema1795500000008 implements MigrationInterface {
  readonly name = 'IntendedCopiesSchema1795500000008';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`ALTER TABLE data_migration_object ADD COLUMN intended varchar[]`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`ALTER TABLE data_migration_object DROP COLUMN intended`);
  }
}

import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * How long a data migration was at work, pauses between its parts not counted, and the limit of bytes a second that it was
 * given. Both null in runs that were begun before.
 */
export class ActiveTimeSchema1795500000012 implements MigrationInterface {
  readonly name = 'ActiveTimeSchema1795500000012';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(
      `ALTER TABLE data_migration ADD COLUMN active_seconds double precision, ADD COLUMN bwlimit bigint`,
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`ALTER TABLE data_migration DROP COLUMN active_seconds, DROP COLUMN bwlimit`);
  }
}

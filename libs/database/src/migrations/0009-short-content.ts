import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Content of up to one chunk lies in its header's own row, `kedge_object.data`: one row to write, read and delete instead
 * of two. Longer content has null there and its chunks in `kedge_object_chunk`, as has what was written before.
 */
export class ShortContentSchema1795500000009 implements MigrationInterface {
  readonly name = 'ShortContentSchema1795500000009';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`ALTER TABLE kedge_object ADD COLUMN data bytea`);
    await runner.query(`ALTER TABLE kedge_object ALTER COLUMN data SET STORAGE EXTERNAL`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      INSERT INTO kedge_object_chunk (object_id, seq, data)
      SELECT id, 0, data FROM kedge_object WHERE data IS NOT NULL AND size > 0`);
    await runner.query(`ALTER TABLE kedge_object DROP COLUMN data`);
  }
}

import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * The journal of data migrations. `tasks` and `archive_migration_tasks` are those of Anchore Engine, whose rows stay
 * listed; `data_migration` says what a run was asked to do and what it proved, `data_migration_object` has a row an
 * object with how far it got.
 */
export class MigrationJournalSchema1795500000006 implements MigrationInterface {
  readonly name = 'MigrationJournalSchema1795500000006';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      DO $$ BEGIN
        CREATE TYPE task_states AS ENUM ('initializing', 'pending', 'running', 'complete', 'failed');
      EXCEPTION WHEN duplicate_object THEN NULL;
      END $$`);
    await runner.query(`
      CREATE TABLE IF NOT EXISTS tasks (
        id serial NOT NULL,
        state task_states DEFAULT 'initializing',
        last_state task_states,
        created_at timestamp,
        started_at timestamp,
        ended_at timestamp,
        last_updated timestamp,
        executor_id varchar,
        type varchar,
        CONSTRAINT tasks_pkey PRIMARY KEY (id)
      )`);
    await runner.query(`
      CREATE TABLE IF NOT EXISTS archive_migration_tasks (
        id integer NOT NULL,
        migrate_from_driver varchar,
        migrate_to_driver varchar,
        archive_documents_to_migrate integer,
        archive_documents_migrated integer,
        online_migration boolean,
        CONSTRAINT archive_migration_tasks_pkey PRIMARY KEY (id),
        CONSTRAINT archive_migration_tasks_id_fkey FOREIGN KEY (id) REFERENCES tasks (id)
      )`);
    await runner.query(`
      CREATE TABLE data_migration (
        task_id integer NOT NULL,
        from_place varchar NOT NULL,
        to_place varchar NOT NULL,
        from_config varchar,
        to_config varchar,
        from_section varchar NOT NULL,
        to_section varchar NOT NULL,
        buckets varchar[],
        delete_source boolean NOT NULL,
        rollback_of integer,
        untouched bigint,
        stop_reason text,
        root_before varchar,
        root_after varchar,
        CONSTRAINT data_migration_pkey PRIMARY KEY (task_id),
        CONSTRAINT data_migration_task_fkey FOREIGN KEY (task_id) REFERENCES tasks (id)
      )`);
    await runner.query(`
      CREATE TABLE data_migration_object (
        task_id integer NOT NULL,
        seq bigint GENERATED ALWAYS AS IDENTITY,
        account varchar NOT NULL,
        bucket varchar NOT NULL,
        key varchar NOT NULL,
        source_uri varchar NOT NULL,
        source_digest varchar,
        state varchar NOT NULL DEFAULT 'pending',
        uri varchar,
        codec varchar,
        size bigint NOT NULL,
        stored_size bigint,
        digest varchar,
        reason_code varchar,
        reason text,
        CONSTRAINT data_migration_object_pkey PRIMARY KEY (task_id, seq),
        CONSTRAINT data_migration_object_key UNIQUE (task_id, account, bucket, key),
        CONSTRAINT data_migration_object_task_fkey FOREIGN KEY (task_id) REFERENCES data_migration (task_id)
          ON DELETE CASCADE,
        CONSTRAINT data_migration_object_state_check
          CHECK (state IN ('pending', 'copied', 'verified', 'switched', 'deleted', 'gone', 'failed'))
      )`);
  }

  /** The tables of the old system stay, because they may have been there before Kedge. */
  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`DROP TABLE data_migration_object`);
    await runner.query(`DROP TABLE data_migration`);
  }
}

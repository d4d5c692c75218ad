import type { Sql } from '@kedge/database';
import type { MigrationTask, TaskEnd } from './journal-entry.js';
import { executorId } from './lock.js';

/** The old system's columns have no zone and hold UTC. */
const NOW = `(now() AT TIME ZONE 'UTC')`;

/** A run in the tables of the old tool and in `data_migration`: begun or taken up by this process, alive, ended. */
export class Task {
  private readonly since = performance.now();

  /** @param activeBefore seconds that other processes worked on it; null when that is not known */
  private constructor(
    private readonly sql: Sql,
    readonly id: number,
    private readonly activeBefore: number | null,
  ) {}

  /**
   * The newest task that was to do the same and has no end although nobody works on it - with `failed` also one that ended
   * with failures. Call it under the lock.
   *
   * @returns its number
   */
  static async find(sql: Sql, task: MigrationTask, options: { failed: boolean }): Promise<number | undefined> {
    const rows = await sql.query<{ id: number }>(
      `SELECT t.id FROM tasks t JOIN data_migration m ON m.task_id = t.id
       WHERE t.state = ANY($5::task_states[]) AND m.from_place = $1 AND m.to_place = $2
         AND m.buckets IS NOT DISTINCT FROM $3::varchar[] AND m.rollback_of IS NOT DISTINCT FROM $4
       ORDER BY t.id DESC LIMIT 1`,
      [
        task.fromPlace,
        task.toPlace,
        task.buckets ?? null,
        task.rollbackOf ?? null,
        options.failed ? ['running', 'failed'] : ['running'],
      ],
    );
    return rows[0]?.id;
  }

  /** A new task in state `running`. */
  static async begin(sql: Sql, task: MigrationTask): Promise<Task> {
    return sql.transaction(async (tx) => {
      const rows = await tx.query<{ id: number }>(
        `INSERT INTO tasks (state, created_at, started_at, last_updated, executor_id, type)
         VALUES ('running', ${NOW}, ${NOW}, ${NOW}, $1, 'archivemigrationtask') RETURNING id`,
        [executorId()],
      );
      const id = rows[0]?.id ?? 0;
      await tx.query(
        `INSERT INTO archive_migration_tasks
           (id, migrate_from_driver, migrate_to_driver, archive_documents_to_migrate, archive_documents_migrated)
         VALUES ($1, $2, $3, 0, 0)`,
        [id, task.fromDriver, task.toDriver],
      );
      await tx.query(
        `INSERT INTO data_migration (task_id, from_place, to_place, from_config, to_config, from_section, to_section,
           buckets, delete_source, rollback_of, bwlimit, active_seconds)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, 0)`,
        [
          id,
          task.fromPlace,
          task.toPlace,
          task.fromConfig ?? null,
          task.toConfig ?? null,
          task.fromSection,
          task.toSection,
          task.buckets ?? null,
          task.deleteSource,
          task.rollbackOf ?? null,
          task.bytesPerSecond ?? null,
        ],
      );
      return new Task(sql, id, 0);
    });
  }

  /** Takes a task over for this process. Its failed objects are tried again. */
  static async resume(sql: Sql, id: number, task: MigrationTask): Promise<Task> {
    return sql.transaction(async (tx) => {
      await tx.query(
        `UPDATE tasks SET last_state = state, state = 'running', ended_at = NULL, executor_id = $2, last_updated = ${NOW}
         WHERE id = $1`,
        [id, executorId()],
      );
      // A limit that any part of the run had stays on record: the time that the run takes has it in it.
      const rows = await tx.query<{ active_seconds: number | null }>(
        `UPDATE data_migration SET delete_source = $2, bwlimit = coalesce($3, bwlimit), stop_reason = NULL,
           root_before = NULL, root_after = NULL
         WHERE task_id = $1 RETURNING active_seconds`,
        [id, task.deleteSource, task.bytesPerSecond ?? null],
      );
      await tx.query(
        `UPDATE data_migration_object SET reason_code = NULL, reason = NULL,
           state = CASE WHEN uri IS NULL THEN 'pending' ELSE 'copied' END
         WHERE task_id = $1 AND state = 'failed'`,
        [id],
      );
      return new Task(sql, id, rows[0]?.active_seconds ?? null);
    });
  }

  /** Says that the task lives, how many objects are at the destination, and how long it has been at work. */
  async heartbeat(moved: number): Promise<void> {
    await this.sql.query(
      `WITH alive AS (UPDATE tasks SET last_updated = ${NOW} WHERE id = $1),
         counted AS (UPDATE archive_migration_tasks SET archive_documents_migrated = $2 WHERE id = $1)
       UPDATE data_migration SET active_seconds = $3 WHERE task_id = $1`,
      [this.id, moved, this.active()],
    );
  }

  /** Ends it. */
  async end(
    state: TaskEnd,
    result: { moved: number; before?: string; after?: string; reason?: string },
  ): Promise<void> {
    await this.sql.transaction(async (tx) => {
      await tx.query(
        `UPDATE tasks SET last_state = state, state = $2::task_states, ended_at = ${NOW}, last_updated = ${NOW}
         WHERE id = $1`,
        [this.id, state],
      );
      await tx.query(`UPDATE archive_migration_tasks SET archive_documents_migrated = $2 WHERE id = $1`, [
        this.id,
        result.moved,
      ]);
      await tx.query(
        `UPDATE data_migration SET root_before = $2, root_after = $3, stop_reason = $4, active_seconds = $5
         WHERE task_id = $1`,
        [this.id, result.before ?? null, result.after ?? null, result.reason ?? null, this.active()],
      );
    });
  }

  /** Seconds at work to the millisecond, by all processes that had the task; null when the time of former ones is not known. */
  private active(): number | null {
    if (this.activeBefore === null) return null;
    return Math.round(this.activeBefore * 1000 + performance.now() - this.since) / 1000;
  }
}

import { describeDatabase } from '@kedge/database';
import type { DatabaseSettings } from '@kedge/config';
import { hostname } from 'node:os';
import { Client } from 'pg';
import { MigrationError } from './errors.js';

/** The lock of the old tool (namespace archive migration, default), so that the two also exclude each other. */
const LOCK = [2, 1] as const;

/** Whether some session of this database holds the migration lock, as an SQL condition. */
export const LOCK_HELD = `EXISTS (
  SELECT 1 FROM pg_locks l JOIN pg_database d ON d.oid = l.database
  WHERE l.locktype = 'advisory' AND l.classid = ${LOCK[0]} AND l.objid = ${LOCK[1]} AND l.objsubid = 2 AND l.granted
    AND d.datname = current_database())`;

/** `<host>:<pid>`, which the journal shows as the one that runs. */
export function executorId(): string {
  return `${hostname()}:${process.pid}:`;
}

/**
 * The right to migrate, on a connection of its own: PostgreSQL takes it back as soon as the process is gone. `lost`
 * fires when the connection breaks, because from then on somebody else may run.
 */
export class MigrationLock {
  private readonly loss = new AbortController();
  private released = false;

  private constructor(
    private readonly client: Client,
    place: string,
  ) {
    const onLost = (cause?: Error): void => {
      if (this.released) return;
      const message = `the connection to database ${place} was lost; run the same command again to go on`;
      this.loss.abort(new MigrationError('connection_lost', message, cause));
    };
    client.on('error', onLost);
    client.on('end', onLost);
  }

  /** Aborted with a MigrationError `connection_lost`. */
  get lost(): AbortSignal {
    return this.loss.signal;
  }

  /** @throws MigrationError `locked`, naming the holder */
  static async take(settings: DatabaseSettings): Promise<MigrationLock> {
    const { host, port, user, password, database, ssl, connectTimeoutSeconds } = settings;
    const client = new Client({
      host: host ?? 'localhost',
      port: port ?? 5432,
      user: user ?? 'postgres',
      database: database ?? user ?? 'postgres',
      ...(password ? { password: password.reveal() } : {}),
      ...(ssl ? { ssl: { rejectUnauthorized: false } } : {}),
      connectionTimeoutMillis: connectTimeoutSeconds * 1000,
      keepAlive: true,
      application_name: `kedge-migration ${executorId()}`,
    });
    const lock = new MigrationLock(client, describeDatabase(settings));
    await client.connect();
    const answer = await client.query<{ taken: boolean }>('SELECT pg_try_advisory_lock($1, $2) AS taken', [...LOCK]);
    if (answer.rows[0]?.taken) return lock;
    const holder = await client.query<{ id: number; executor_id: string; started_at: string }>(
      `SELECT id, executor_id, to_char(started_at, 'YYYY-MM-DD HH24:MI:SS') AS started_at FROM tasks
       WHERE type = 'archivemigrationtask' AND state = 'running' ORDER BY id DESC LIMIT 1`,
    );
    await lock.release();
    const row = holder.rows[0];
    const who = row
      ? `migration ${row.id}, run by ${row.executor_id} since ${row.started_at} UTC`
      : 'a process that has not announced itself yet';
    throw new MigrationError('locked', `another migration is running: ${who}; wait for it, or stop it`);
  }

  /** Gives the lock back. A connection that is gone already has given it back. */
  async release(): Promise<void> {
    this.released = true;
    await this.client.end().catch(() => undefined); // broken: nothing left to end
  }
}

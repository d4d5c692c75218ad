import type { DatabaseSettings } from '@kedge/config';
import { DatabaseError, describeDatabase, PooledClient } from '@kedge/database';
import { PgBoss } from 'pg-boss';
import { JOB_SCHEMA } from './queues.js';

export interface BossOptions {
  /** Creates or upgrades the tables first. Otherwise they must be there. */
  install?: boolean;
  /** Shown in `pg_stat_activity`. */
  applicationName?: string;
  /** How often lost jobs are looked for. Default 5. */
  superviseSeconds?: number;
  /** Told of problems behind the scenes; the queue goes on by itself. */
  onProblem: (problem: Error | string) => void;
}

/**
 * Connects pg-boss to the services' database, with a small pool of its own and one connection that listens for new jobs.
 *
 * @throws DatabaseError `schema_missing` or `schema_old` when the tables are not those of this version; `unreachable`.
 */
export async function openBoss(settings: DatabaseSettings, options: BossOptions): Promise<PgBoss> {
  const { host, port, user, password, database, ssl, connectTimeoutSeconds } = settings;
  const install = options.install ?? false;
  const superviseSeconds = options.superviseSeconds ?? 5;
  const pool = { max: 3, Client: PooledClient }; // pg-boss hands them on to its pool, though its types name only the first
  const boss = new PgBoss({
    ...pool,
    host: host ?? 'localhost',
    port: port ?? 5432,
    user: user ?? 'postgres',
    ...(password ? { password: () => password.reveal() } : {}),
    database: database ?? user ?? 'postgres',
    ssl: ssl ? { rejectUnauthorized: false } : false,
    connectionTimeoutMillis: connectTimeoutSeconds * 1000,
    application_name: options.applicationName ?? 'kedge-jobs',
    schema: JOB_SCHEMA,
    migrate: install,
    createSchema: install,
    supervise: !install,
    superviseIntervalSeconds: superviseSeconds,
    monitorIntervalSeconds: superviseSeconds,
    schedule: false,
    useListenNotify: !install,
    registerInstance: false,
    openTelemetry: { enabled: false },
  });
  boss.on('error', options.onProblem);
  boss.on('warning', (warning) => options.onProblem(warning.message));
  try {
    return await boss.start();
  } catch (error) {
    await boss.stop({ graceful: false }).catch(() => undefined); // the first error says why
    throw startFailure(settings, error);
  }
}

function startFailure(settings: DatabaseSettings, error: unknown): unknown {
  const { message = '', code } = error as { message?: string; code?: string };
  if (message.includes('pg-boss is not installed')) {
    return new DatabaseError('schema_missing', 'the database has no job queue yet; run: anchore-manager db upgrade');
  }
  if (message.includes('requires migrations')) {
    return new DatabaseError(
      'schema_old',
      'the job queue in the database was made by another version; run: anchore-manager db upgrade',
    );
  }
  if (code === undefined || !/^E[A-Z]+$/.test(code)) return error;
  return new DatabaseError('unreachable', `database ${describeDatabase(settings)} is not reachable (${code})`, error);
}

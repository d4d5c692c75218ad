import type { DatabaseSettings } from '@kedge/config';

/**
 * Why the database cannot be used.
 *
 * - `unreachable`: no answer at this address; may pass;
 * - `refused`: the server answers and does not let us in (user, password, database name, too many connections);
 * - `schema_missing`, `schema_old`: `anchore-manager db upgrade` mends it;
 * - `schema_newer`: made by a newer Kedge;
 * - `upgrade_failed`: a schema migration failed and was rolled back.
 */
export type DatabaseErrorCode =
  'unreachable' | 'refused' | 'schema_missing' | 'schema_old' | 'schema_newer' | 'upgrade_failed';

/** The database cannot be used. The message names the server and the way out and never holds a password. */
export class DatabaseError extends Error {
  override readonly name = 'DatabaseError';

  constructor(
    readonly code: DatabaseErrorCode,
    message: string,
    cause?: unknown,
  ) {
    super(message, { cause });
  }

  /** True when the same call may succeed later. */
  get retryable(): boolean {
    return this.code === 'unreachable';
  }
}

/** `user@host:port/database` for messages. */
export function describeDatabase(settings: DatabaseSettings): string {
  const { user = 'postgres', host = 'localhost', port = 5432, database = user } = settings;
  return `${user}@${host}:${port}/${database}`;
}

/** Turns a failure to connect into a {@link DatabaseError}. */
export function connectFailure(settings: DatabaseSettings, cause: unknown): DatabaseError {
  const place = describeDatabase(settings);
  const { code = '', message = String(cause) } = cause as { code?: string; message?: string };
  const hint: Record<string, string> = {
    '28P01': 'wrong password',
    '28000': 'this user may not log in from here',
    '3D000': 'there is no such database',
    '53300': 'the server has no connection left',
  };
  // Five characters are an SQLSTATE: the server answered. 57P03 and 57P01 say that it starts up or shuts down.
  if (/^[0-9A-Z]{5}$/.test(code) && !code.startsWith('57P')) {
    return new DatabaseError('refused', `database ${place} refused the connection: ${hint[code] ?? message}`, cause);
  }
  return new DatabaseError(
    'unreachable',
    `database ${place} is not reachable (${code || message}); start it, or correct its address (credentials.database.db_connect, or --db-connect)`,
    cause,
  );
}

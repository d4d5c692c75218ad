import { ConfigError } from './errors.js';
import { Secret } from './secret.js';

/** How to reach PostgreSQL. `host` may be a directory with a unix socket. */
export interface DatabaseSettings {
  host?: string;
  port?: number;
  user?: string;
  password?: Secret;
  database?: string;
  ssl: boolean;
  connectTimeoutSeconds: number;
  poolSize: number;
}

export interface DatabaseUrlOptions {
  ssl?: boolean;
  connectTimeoutSeconds?: number;
  poolSize?: number;
}

/**
 * Reads a connect string as the old system and libpq write it: `postgresql://`, `postgres://` and SQLAlchemy's
 * `postgresql+<driver>://`; `?host=<socket directory>` and `?sslmode=require|disable` are understood.
 *
 * @throws ConfigError naming the fault, never the string itself.
 */
export function parseDatabaseUrl(text: string, options: DatabaseUrlOptions = {}): DatabaseSettings {
  const fail = (message: string): never => {
    throw new ConfigError('database connect string', [{ path: 'credentials.database.db_connect', message }]);
  };
  const match = /^(postgres(?:ql)?)(?:\+[a-z0-9_]+)?:\/\/(.*)$/is.exec(text.trim());
  if (!match) return fail('must look like postgresql://user:password@host:5432/database');
  let url: URL;
  try {
    // A host left out (socket in ?host=) is no valid authority for URL, hence the stand-in.
    url = new URL(`postgresql://${(match[2] ?? '').replace(/^([^/@]*@)?(?=\/)/, '$1socket.invalid')}`);
  } catch {
    return fail('is not a valid url; percent-encode special characters in user and password');
  }
  const sslmode = url.searchParams.get('sslmode');
  const decoded = (part: string): string | undefined => (part ? percentDecoded(part) : undefined);
  const password = decoded(url.password);
  const host = url.searchParams.get('host') ?? (url.hostname === 'socket.invalid' ? undefined : url.hostname);
  return {
    ...(host ? { host } : {}),
    ...(url.port ? { port: Number(url.port) } : {}),
    ...(url.username ? { user: decoded(url.username) ?? '' } : {}),
    ...(password === undefined ? {} : { password: new Secret(password) }),
    ...(url.pathname.length > 1 ? { database: percentDecoded(url.pathname.slice(1)) } : {}),
    ssl: sslmode ? !['disable', 'allow', 'prefer'].includes(sslmode) : (options.ssl ?? false),
    connectTimeoutSeconds: options.connectTimeoutSeconds ?? 30,
    poolSize: options.poolSize ?? 10,
  };
}

/** A sign `%` that begins no encoded byte stands for itself, as in the old system: passwords in the field have it. */
function percentDecoded(text: string): string {
  return text.replace(/(?:%[0-9a-f]{2})+/gi, (encoded) => {
    try {
      return decodeURIComponent(encoded);
    } catch {
      return encoded; // bytes that are no UTF-8
    }
  });
}

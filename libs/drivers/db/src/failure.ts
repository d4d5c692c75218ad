import { StorageError, type StorageErrorCode } from '@kedge/object-store';

/** SQLSTATE classes and codes (PostgreSQL manual, appendix A) and what they mean for a caller of a driver. */
function codeOf(sqlState: string | undefined, message: string): StorageErrorCode {
  if (sqlState === undefined)
    return /connect|terminat|timeout|socket|ECONN|ENOENT/i.test(message) ? 'unavailable' : 'unknown';
  if (sqlState === '53100') return 'no_space';
  if (sqlState === '42501' || sqlState.startsWith('28')) return 'access_denied';
  if (/^(08|53|57P|40)/.test(sqlState)) return 'unavailable';
  if (/^E[A-Z]+$/.test(sqlState)) return 'unavailable';
  if (sqlState === '42P01' || sqlState === '3D000') return 'invalid_config';
  return 'unknown';
}

/** Any failure as a StorageError that names what was tried. Texts of PostgreSQL hold no credentials. */
export function toStorageError(doing: string, error: unknown, uri?: string): StorageError {
  if (error instanceof StorageError) return error;
  const { code, message } = error as { code?: string; message: string };
  const kind = codeOf(code, message);
  const advice = code === '42P01' ? '; run the database upgrade first' : '';
  return new StorageError(kind, `db driver: ${doing} failed: ${message}${advice}`, {
    driver: 'db',
    ...(uri === undefined ? {} : { uri }),
    cause: error,
  });
}

import { StorageError, type StorageErrorCode } from '@kedge/object-store';

const CODES: Readonly<Record<string, StorageErrorCode>> = {
  ENOENT: 'not_found',
  EACCES: 'access_denied',
  EPERM: 'access_denied',
  EROFS: 'access_denied',
  ENOSPC: 'no_space',
  EDQUOT: 'no_space',
  ENAMETOOLONG: 'invalid_key',
  EIO: 'unavailable',
  EMFILE: 'unavailable',
  ENFILE: 'unavailable',
  ESTALE: 'unavailable',
  ETIMEDOUT: 'unavailable',
};

/** Any failure as a StorageError that names what was tried. */
export function toStorageError(doing: string, error: unknown, uri?: string): StorageError {
  if (error instanceof StorageError) return error;
  const { code, message } = error as NodeJS.ErrnoException;
  return new StorageError(CODES[code ?? ''] ?? 'unknown', `localfs driver: ${doing} failed: ${message}`, {
    driver: 'localfs',
    ...(uri === undefined ? {} : { uri }),
    cause: error,
  });
}

export function isMissing(error: unknown): boolean {
  return (error as NodeJS.ErrnoException).code === 'ENOENT';
}

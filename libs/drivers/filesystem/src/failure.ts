import { StorageError, type StorageErrorCode } from '@kedge/object-store';
import { constants } from 'node:os';

const CODES: Readonly<Record<string, StorageErrorCode>> = {
  ENOENT: 'not_found',
  EACCES: 'access_denied',
  EPERM: 'access_denied',
  EROFS: 'access_denied',
  ENOSPC: 'no_space',
  EDQUOT: 'no_space',
  EFBIG: 'no_space',
  ENAMETOOLONG: 'invalid_key',
  EIO: 'unavailable',
  EMFILE: 'unavailable',
  ENFILE: 'unavailable',
  ESTALE: 'unavailable',
  ETIMEDOUT: 'unavailable',
};

/** What the system's own words leave open. */
const MEANINGS: Readonly<Record<string, string>> = {
  EDQUOT: 'the disk quota of the user or project is used up; raise it, or make room',
  EFBIG: 'longer than the file system, or the file size limit of the process (ulimit -f), lets a file be',
  ESTALE: 'the network file system has replaced the directory; mount it again',
};

const NAMES = new Map(Object.entries(constants.errno).map(([name, number]) => [-number, name]));

/** Any failure as a StorageError that names what was tried. */
export function toStorageError(doing: string, error: unknown, uri?: string): StorageError {
  if (error instanceof StorageError) return error;
  const { errno = 0, code, message } = error as NodeJS.ErrnoException;
  // Node has no name for some errors, EDQUOT among them, and says `Unknown system error -122` for the code as well.
  const name = NAMES.get(errno) ?? code ?? '';
  const meaning = MEANINGS[name] === undefined ? '' : ` - ${name}: ${MEANINGS[name]}`;
  return new StorageError(CODES[name] ?? 'unknown', `localfs driver: ${doing} failed: ${message}${meaning}`, {
    driver: 'localfs',
    ...(uri === undefined ? {} : { uri }),
    cause: error,
  });
}

export function isMissing(error: unknown): boolean {
  return (error as NodeJS.ErrnoException).code === 'ENOENT';
}

import { StorageError, type ObjectAddress } from '@kedge/object-store';
import { createHash } from 'node:crypto';
import { join, relative, resolve, sep } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

/** Where uploads grow before they get their name. Nothing in it counts as content. */
export const TEMPORARY = '.kedge-tmp';

/** Directories of accounts begin with the MD5 of the account; the old system's rule for a directory of its own. */
export const ACCOUNT_DIRECTORY = /^[0-9a-f]{32}/i;

const md5 = (text: string): string => createHash('md5').update(text).digest('hex');

/**
 * `<dir>/<md5(account)>/<bucket>/<2 hex>/<md5(key)>.<unique>.json`: the old system's layout with a unique part. MD5 only
 * makes names. The bucket is percent-encoded, dots at its start as well, so that it is always one plain path segment.
 */
export function pathOf(directory: string, { account, bucket, key, unique }: ObjectAddress): string {
  if (!/^[A-Za-z0-9_-]{1,64}$/.test(unique)) {
    throw new StorageError('invalid_key', `unique part "${unique}" of a location must be 1 to 64 of A-Z a-z 0-9 _ -`);
  }
  const segment = encodeURIComponent(bucket)
    .replace(/^\.+/, (dots) => '%2E'.repeat(dots.length))
    .replaceAll('*', '%2A');
  if (segment === '' || segment.length > 255) {
    throw new StorageError('invalid_key', `bucket name "${bucket}" cannot be the name of a directory`);
  }
  const name = md5(key);
  return join(directory, md5(account), segment, name.slice(0, 2), `${name}.${unique}.json`);
}

/** `file:///absolute/path` (RFC 8089). */
export function uriOf(path: string): string {
  return pathToFileURL(path).href;
}

/** The path of a location inside `directory`, or undefined when the uri is something else. */
export function pathInside(directory: string, uri: string): string | undefined {
  if (!uri.startsWith('file:///')) return undefined;
  let path: string;
  try {
    path = resolve(fileURLToPath(uri));
  } catch {
    return undefined; // not a file uri that names a path, so not ours
  }
  const inner = relative(directory, path);
  if (inner === '' || inner === '..' || inner.startsWith(`..${sep}`)) return undefined;
  return inner.split(sep)[0] === TEMPORARY ? undefined : path;
}

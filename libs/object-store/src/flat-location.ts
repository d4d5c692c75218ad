import { createHash } from 'node:crypto';
import { StorageError, type ObjectAddress } from './driver.js';
import { encodeUriPart } from './object-id.js';

/** Longest prefix and longest name in bytes. Names stay far enough below the 1,024 of S3 and Swift to take a suffix. */
export const FLAT_LIMITS = { prefix: 128, name: 1000 } as const;

/** A segment longer than this is refused by servers that keep objects as files. */
const MAX_SEGMENT = 200;
const MAX_KEY = 400;

/**
 * The name of an object at a service with one flat list of names (S3, Swift): `<prefix><account>/<bucket>/<key>.<unique>`.
 *
 * Account, bucket and key are percent-encoded (RFC 3986), so the name is plain ASCII and stands in a uri as it is. Empty,
 * `.` and `..` segments get a `~` in front, since clients and servers "tidy up" such paths. A part that is too long is
 * cut and ends in the SHA-256 of the whole. `unique` alone keeps names apart; nothing reads a name back into its parts.
 *
 * @param prefix put in front as it is, without a separator; at most {@link FLAT_LIMITS} bytes
 */
export function flatName(prefix: string, { account, bucket, key, unique }: ObjectAddress): string {
  if (!/^[A-Za-z0-9_-]{1,64}$/.test(unique)) {
    throw new StorageError('invalid_key', `unique part "${unique}" of a location must be 1 to 64 of A-Z a-z 0-9 _ -`);
  }
  const path = [shortened(encodeUriPart(account), MAX_SEGMENT), shortened(encodeUriPart(bucket), MAX_SEGMENT)];
  return `${prefix}${plainSegments([...path, encodedKey(key)].join('/'))}.${unique}`;
}

function encodedKey(key: string): string {
  const encoded = encodeUriPart(key, { keepSlash: true });
  const longSegment = encoded.split('/').some((segment) => segment.length > MAX_SEGMENT);
  return shortened(encoded, longSegment ? MAX_SEGMENT : MAX_KEY, longSegment);
}

function shortened(encoded: string, limit: number, force = false): string {
  if (encoded.length <= limit && !force) return encoded;
  const digest = createHash('sha256').update(encoded).digest('hex');
  const head = encoded.slice(0, limit - digest.length - 1).replace(/(%[0-9A-F]{0,2})+$/, '');
  return `${head}~${digest}`;
}

function plainSegments(path: string): string {
  return path
    .split('/')
    .map((segment) => (/^\.{0,2}$/.test(segment) ? `~${segment}` : segment))
    .join('/');
}

/** `<scheme>://<container>/<name>`. Names that {@link flatName} did not make, of the old system, are taken as they are. */
export function flatUri(scheme: string, container: string, name: string): string {
  return `${scheme}://${container}/${name}`;
}

/**
 * Container and name of a location. Nothing is decoded and no case is changed: see {@link flatUri}.
 *
 * @throws StorageError invalid_key when the uri is not of that form.
 */
export function fromFlatUri(scheme: string, uri: string): { container: string; name: string } {
  const [, container, name] = uri.startsWith(`${scheme}://`)
    ? (/^([^/]+)\/(.+)$/s.exec(uri.slice(scheme.length + 3)) ?? [])
    : [];
  if (container && name) return { container, name };
  throw new StorageError('invalid_key', `"${uri}" is no location of the form ${scheme}://container/name`, { uri });
}

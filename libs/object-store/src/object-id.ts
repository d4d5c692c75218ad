import { StorageError } from './driver.js';

/** Names one object. `bucket` is the logical bucket, never a backend bucket. */
export interface ObjectId {
  account: string;
  bucket: string;
  key: string;
}

/** Longest parts in bytes of UTF-8. Together they fit a PostgreSQL index entry even when nothing compresses. */
export const MAX_BYTES = { account: 255, bucket: 128, key: 1024 } as const;

/**
 * Checks the parts of an object's name: not empty, not too long, no NUL, valid Unicode. Every other character is legal.
 *
 * @throws StorageError invalid_key
 */
export function checkObjectId(id: ObjectId): void {
  for (const part of ['account', 'bucket', 'key'] as const) checkPart(part, id[part]);
}

function checkPart(part: keyof ObjectId, value: string): void {
  const fail = (why: string): never => {
    const shown = JSON.stringify(value.length > 80 ? `${value.slice(0, 80)}...` : value);
    throw new StorageError('invalid_key', `${part} ${shown} of an object ${why}`);
  };
  if (value === '') fail('must not be empty');
  if (value.includes('\0')) fail('must not hold a NUL character');
  const bytes = Buffer.from(value);
  if (bytes.length > MAX_BYTES[part]) fail(`is ${bytes.length} bytes long; at most ${MAX_BYTES[part]} are allowed`);
  if (bytes.toString() !== value) fail('is not valid Unicode (it holds half of a surrogate pair)');
}

/** `account/bucket/key` for messages. */
export function describeObject(id: ObjectId): string {
  return `${id.account}/${id.bucket}/${id.key}`;
}

/**
 * Percent-encodes (RFC 3986) one part of an object's name for a location uri. `/` and `:` stay readable; they need no
 * escape after the bucket. Decode with `decodeURIComponent`.
 */
export function encodeUriPart(part: string, options: { keepSlash?: boolean } = {}): string {
  const encoded = encodeURIComponent(part).replaceAll('%3A', ':');
  return options.keepSlash ? encoded.replaceAll('%2F', '/') : encoded;
}

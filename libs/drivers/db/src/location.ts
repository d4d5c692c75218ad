import { encodeUriPart, StorageError, type ObjectAddress } from '@kedge/object-store';

const FORM = /^db:\/\/([^/?#]+)\/([^/?#]+)\/([^?#]+)\?v=([A-Za-z0-9_-]+)$/;

/** `db://<account>/<bucket>/<key>?v=<unique>`, each part percent-encoded (RFC 3986). */
export function toUri(address: ObjectAddress): string {
  const { account, bucket, key, unique } = address;
  if (!/^[A-Za-z0-9_-]{1,64}$/.test(unique)) {
    throw new StorageError('invalid_key', `unique part "${unique}" of a location must be 1 to 64 of A-Z a-z 0-9 _ -`);
  }
  return `db://${encodeUriPart(account)}/${encodeUriPart(bucket)}/${encodeUriPart(key, { keepSlash: true })}?v=${unique}`;
}

/** @throws StorageError invalid_key when the uri is not of this driver's form. */
export function fromUri(uri: string): ObjectAddress {
  const parts = FORM.exec(uri);
  if (parts) {
    try {
      const [account, bucket, key, unique] = parts.slice(1).map((part) => decodeURIComponent(part));
      if (account && bucket && key && unique) return { account, bucket, key, unique };
    } catch {
      // Malformed escapes are reported below like every other wrong form.
    }
  }
  throw new StorageError('invalid_key', `"${uri}" is no location of the db driver (db://account/bucket/key?v=unique)`, {
    driver: 'db',
    uri,
  });
}

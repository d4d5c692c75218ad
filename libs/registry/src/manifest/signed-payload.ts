import { z } from 'zod';
import { ImageError } from '../image-source.js';
import { firstIssue } from './image-config.js';

/** A manifest carries one signature; libtrust would write a few. */
const MAX_SIGNATURES = 16;

const BASE64URL = /^[A-Za-z0-9_-]*={0,2}$/;
const envelopeSchema = z.object({
  schemaVersion: z.literal(1),
  signatures: z.array(z.object({ protected: z.string().regex(BASE64URL) })).min(1),
});
const protectedSchema = z.object({
  formatLength: z.number().int().nonnegative(),
  formatTail: z.string().regex(BASE64URL),
});

/**
 * What the digest of a manifest is taken of. For a signed Docker schema 1 manifest that is the text before it was signed:
 * its first `formatLength` bytes and `formatTail`, which the signature's `protected` header holds (JSON web signature in
 * libtrust's "pretty" form); any other manifest is given back as it is. Only this text may be parsed: what stands in the
 * served document beside it is covered by no digest.
 *
 * The signature itself is not checked. Its key comes with the manifest and nobody vouches for it, so it proves nothing
 * that the digest does not.
 *
 * @throws ImageError `invalid_manifest` when the signatures do not say what they sign, or differ about it
 */
export function signedPayload(served: Buffer, name: string): Buffer {
  if (!served.includes('"signatures"')) return served;
  const envelope = envelopeSchema.safeParse(jsonOrNothing(served));
  if (!envelope.success) return served; // not schema 1, so there is nothing signed in this way
  const { signatures } = envelope.data;
  if (signatures.length > MAX_SIGNATURES) {
    throw new ImageError('invalid_manifest', `manifest of ${name} has more than ${MAX_SIGNATURES} signatures`);
  }
  const payloads = signatures.map((signature) => unsigned(served, signature.protected, name));
  const [payload = served, ...others] = payloads;
  if (others.some((other) => !other.equals(payload))) {
    throw new ImageError('invalid_manifest', `signatures of the manifest of ${name} sign different texts`);
  }
  return payload;
}

function unsigned(served: Buffer, header: string, name: string): Buffer {
  const parsed = protectedSchema.safeParse(jsonOrNothing(Buffer.from(header, 'base64url')));
  if (!parsed.success) {
    throw new ImageError(
      'invalid_manifest',
      `signature of the manifest of ${name} has a malformed header at ${firstIssue(parsed.error)}`,
    );
  }
  const { formatLength, formatTail } = parsed.data;
  if (formatLength > served.length) {
    throw new ImageError(
      'invalid_manifest',
      `signature of the manifest of ${name} is for ${formatLength} bytes, but there are ${served.length}`,
    );
  }
  return Buffer.concat([served.subarray(0, formatLength), Buffer.from(formatTail, 'base64url')]);
}

function jsonOrNothing(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString('utf8'));
  } catch {
    return undefined; // reported by whoever needs it to be JSON
  }
}

import { LayerCacheError } from './errors.js';

/** The blob wanted, as the manifest describes it. */
export interface BlobDescriptor {
  /** `sha256:<64 hex>` over the bytes as the registry stores them. */
  digest: string;
  /** Bytes. */
  size: number;
}

const HEX = /^[0-9a-f]{64}$/;

/** True for names that blobs have on disk. */
export function isBlobName(name: string): boolean {
  return HEX.test(name);
}

/** Name of a blob on disk. @throws LayerCacheError `invalid_descriptor` */
export function blobName({ digest, size }: BlobDescriptor): string {
  const hex = digest.startsWith('sha256:') ? digest.slice('sha256:'.length) : '';
  if (!isBlobName(hex) || !Number.isSafeInteger(size) || size < 0) {
    throw new LayerCacheError(
      'invalid_descriptor',
      `'${digest.slice(0, 80)}' of ${size} bytes does not describe a blob; sha256:<64 hex> and a size are wanted`,
    );
  }
  return hex;
}

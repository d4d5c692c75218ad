import { createHash } from 'node:crypto';
import type { BlobDescriptor } from './blob.js';

/** What is wrong with a blob's bytes. */
export interface Mismatch {
  code: 'digest_mismatch' | 'size_mismatch';
  /** Completes the sentence "blob sha256:... ". */
  found: string;
}

/** Compares bytes with a descriptor while they pass. */
export class BlobProof {
  private readonly hash = createHash('sha256');
  private seen = 0;

  constructor(private readonly blob: BlobDescriptor) {}

  /** Takes the next bytes; tells when they are too many. */
  update(chunk: Buffer): Mismatch | undefined {
    this.seen += chunk.length;
    this.hash.update(chunk);
    if (this.seen <= this.blob.size) return undefined;
    return { code: 'size_mismatch', found: `is longer than the ${this.blob.size} bytes its manifest says` };
  }

  /** The verdict after the last byte. */
  end(): Mismatch | undefined {
    const { digest, size } = this.blob;
    if (this.seen !== size) return { code: 'size_mismatch', found: `has ${this.seen} bytes instead of ${size}` };
    const actual = `sha256:${this.hash.digest('hex')}`;
    return actual === digest ? undefined : { code: 'digest_mismatch', found: `is damaged: its bytes have ${actual}` };
  }
}

import { createHash } from 'node:crypto';
import type { BlobDescriptor } from '../blob.js';

/** The descriptor of a blob with these bytes. */
export function describeBytes(content: Buffer): BlobDescriptor {
  return { digest: `sha256:${createHash('sha256').update(content).digest('hex')}`, size: content.length };
}

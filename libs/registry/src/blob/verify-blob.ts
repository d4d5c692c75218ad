import { createHash } from 'node:crypto';
import { pipeline, Transform, type Readable, type TransformCallback } from 'node:stream';
import { ImageError, type Descriptor } from '../image-source.js';

/**
 * A pass-through that proves a blob: fails with `size_mismatch` as soon as more bytes come than the descriptor says or at
 * the end when fewer came, and at the end with `digest_mismatch`. Until `end` nothing is proven.
 */
export function verifyBlob({ digest, size }: Pick<Descriptor, 'digest' | 'size'>): Transform {
  const hash = createHash('sha256');
  let seen = 0;
  return new Transform({
    transform(chunk: Buffer, _encoding, done: TransformCallback) {
      seen += chunk.length;
      if (seen > size) {
        done(new ImageError('size_mismatch', `blob ${digest} is longer than the ${size} bytes its manifest says`));
        return;
      }
      hash.update(chunk);
      done(null, chunk);
    },
    flush(done: TransformCallback) {
      const actual = `sha256:${hash.digest('hex')}`;
      if (seen !== size) {
        done(
          new ImageError(
            'size_mismatch',
            `blob ${digest} is truncated: ${seen} of ${size} bytes; push the image again`,
          ),
        );
      } else if (actual !== digest) {
        done(
          new ImageError(
            'digest_mismatch',
            `blob ${digest} is damaged: its bytes have ${actual}; push the image again`,
          ),
        );
      } else {
        done();
      }
    },
  });
}

/** The source's bytes through {@link verifyBlob}. Destroying the result destroys the source; errors pass on. */
export function verified(source: Readable, descriptor: Pick<Descriptor, 'digest' | 'size'>): Readable {
  // pipeline hands every error to the returned stream, where the consumer meets it.
  return pipeline(source, verifyBlob(descriptor), () => undefined);
}

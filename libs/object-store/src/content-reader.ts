import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { createDecoder } from './codecs.js';
import { StorageError } from './driver.js';
import type { StoredObject } from './stored-object.js';

export interface ReadOptions {
  sha256?: 'by caller';
}

/**
 * Turns stored bytes into plain bytes and proves them on the way: the digest, the length and the compression's own
 * checks. What fails destroys the stream with a StorageError `integrity`, so a reader must not act before the end.
 *
 * A decompression bomb cannot run away: the stream ends as soon as it exceeds the recorded size.
 *
 * @param options.sha256 `by caller`: the caller computes the SHA-256 of what it gets anyway and compares it itself
 */
export function verifiedPlain(content: StoredObject, stored: Readable, options: ReadOptions = {}): Readable {
  const body = Readable.from(decodeAndVerify(content, stored, options), { objectMode: false });
  // A generator that waits for its source cannot be interrupted from outside; ending the source does it.
  body.once('close', () => stored.destroy());
  return body;
}

async function* decodeAndVerify(
  content: StoredObject,
  stored: Readable,
  { sha256 }: ReadOptions,
): AsyncGenerator<Buffer> {
  const onStored = content.digest !== undefined && !content.digest.startsWith('sha256:');
  const proof = new Proof(content, onStored ? 'stored' : 'plain', sha256 === 'by caller');
  const source = onStored ? observed(stored, proof) : stored;
  const decoder = createDecoder(content.codec);
  const plain = decoder ? decoded(content, Readable.from(source, { objectMode: false }), decoder) : source;
  for await (const chunk of plain as AsyncIterable<Buffer>) {
    if (!onStored) proof.add(chunk);
    yield chunk;
  }
  proof.finish();
}

async function* observed(source: AsyncIterable<Buffer>, proof: Proof): AsyncGenerator<Buffer> {
  for await (const chunk of source) {
    proof.add(chunk);
    yield chunk;
  }
}

async function* decoded(
  content: StoredObject,
  source: Readable,
  decoder: NodeJS.ReadWriteStream & { destroy(error?: Error): unknown },
): AsyncGenerator<Buffer> {
  let sourceError: Error | undefined;
  source.once('error', (error) => {
    sourceError = error;
    decoder.destroy(error);
  });
  try {
    for await (const chunk of source.pipe(decoder) as AsyncIterable<Buffer>) yield chunk;
  } catch (error) {
    if (sourceError) throw sourceError;
    throw new StorageError('integrity', `content ${content.uri} cannot be decompressed as ${content.codec}`, {
      uri: content.uri,
      cause: error,
    });
  } finally {
    source.destroy();
    decoder.destroy();
  }
}

/** Digest and length of what passed, compared with what the row says. */
class Proof {
  private readonly hash;
  private readonly expected: string | undefined;
  private readonly limit: number | undefined;
  private seen = 0;

  constructor(
    private readonly content: StoredObject,
    covers: 'plain' | 'stored',
    sha256ByCaller: boolean,
  ) {
    const [algorithm, hex] = content.digest?.includes(':') ? content.digest.split(':') : ['md5', content.digest];
    this.expected = sha256ByCaller && algorithm === 'sha256' ? undefined : hex;
    this.hash = createHash(algorithm === 'sha256' ? 'sha256' : 'md5');
    // The plain length of compressed content without digest is unknown: the old system recorded stored bytes only.
    const unknown = covers === 'plain' && content.digest === undefined;
    this.limit = unknown ? undefined : covers === 'plain' ? content.size : content.storedSize;
  }

  add(chunk: Buffer): void {
    this.seen += chunk.length;
    if (this.limit !== undefined && this.seen > this.limit)
      this.fail(`is longer than the ${this.limit} bytes recorded`);
    if (this.expected !== undefined) this.hash.update(chunk);
  }

  finish(): void {
    if (this.limit !== undefined && this.seen !== this.limit) {
      this.fail(`has ${this.seen} bytes where ${this.limit} are recorded`);
    }
    if (this.expected === undefined) return;
    const found = this.hash.digest('hex');
    if (found !== this.expected) this.fail(`has digest ${found} where ${this.expected} is recorded`);
  }

  private fail(why: string): never {
    const { uri } = this.content;
    throw new StorageError('integrity', `content ${uri} ${why}; it was altered or damaged where it is stored`, { uri });
  }
}

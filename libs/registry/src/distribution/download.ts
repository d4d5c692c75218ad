import { Readable } from 'node:stream';
import { ImageError, type Descriptor } from '../image-source.js';
import { TransportError } from './transport-error.js';
import type { HttpAnswer } from './transport.js';

export interface DownloadOptions {
  /** Names the blob in messages. */
  what: string;
  /** How often a broken connection is taken up again where it broke. */
  resumes: number;
  /** Longest wait for the next bytes, in milliseconds; waiting for the consumer does not count. */
  idleTimeoutMs: number;
  /** Asks for the blob from an offset on; throws ImageError when it is not to be had. */
  open(offset: number): Promise<HttpAnswer>;
  /** Turns a broken connection into an ImageError. */
  failure(error: unknown): ImageError;
  signal?: AbortSignal;
}

/**
 * A blob's bytes over as many connections as it takes (bounded): a broken one is resumed with a Range request (RFC 9110,
 * 14), and a server that ignores Range is read again from the start, the known part dropped. Bytes are not verified here.
 */
export function download(first: HttpAnswer, descriptor: Descriptor, options: DownloadOptions): Readable {
  const stream = Readable.from(chunks(first, descriptor, options), { objectMode: false });
  // A stream that is destroyed before anything was read never runs the generator, which else ends the connection.
  return stream.once('close', () => first.body.destroy());
}

async function* chunks(first: HttpAnswer, descriptor: Descriptor, options: DownloadOptions): AsyncGenerator<Buffer> {
  let answer = first;
  let offset = 0;
  for (let resumes = 0; ; resumes++) {
    let skip = offset - startOf(answer, offset, options.what);
    try {
      for await (const chunk of untilIdle(answer, options.idleTimeoutMs)) {
        const rest = skip === 0 ? chunk : chunk.subarray(Math.min(skip, chunk.length));
        skip -= chunk.length - rest.length;
        offset += rest.length;
        if (rest.length > 0) yield rest;
      }
      // An abort may end the body early without an error of its own.
      options.signal?.throwIfAborted();
      return;
    } catch (error) {
      const failure = options.failure(error);
      // All bytes came and only the end was cut: nothing is left to ask for.
      if (failure.retryable && offset >= descriptor.size) return;
      if (!failure.retryable || resumes >= options.resumes) throw failure;
    }
    answer = await options.open(offset);
  }
}

/** Offset of the answer's first byte: 0 for a whole body, else what Content-Range says. */
function startOf({ status, headers, body }: HttpAnswer, wanted: number, what: string): number {
  if (status !== 206) return 0;
  const start = Number(/^bytes (\d+)-/.exec(headers['content-range'] ?? '')?.[1] ?? Number.NaN);
  if (start === wanted) return start;
  body.destroy();
  throw new ImageError('unreachable', `the registry answered ${what} with another range than was asked for`);
}

/** The body's chunks; fails with TIMEOUT when none comes for a while. Leaving early destroys the body. */
export async function* untilIdle({ body }: HttpAnswer, idleTimeoutMs: number): AsyncGenerator<Buffer> {
  const iterator = (body as AsyncIterable<Buffer>)[Symbol.asyncIterator]();
  try {
    for (;;) {
      const timer = setTimeout(() => {
        body.destroy(new TransportError('TIMEOUT', `no data for ${idleTimeoutMs} ms`));
      }, idleTimeoutMs);
      const next = await iterator.next().finally(() => clearTimeout(timer));
      if (next.done) return;
      yield next.value;
    }
  } finally {
    body.destroy();
  }
}

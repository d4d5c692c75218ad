import { StorageError, type ObjectMetadata, type ObjectStore, type StoredObject } from '@kedge/object-store';
import { Readable } from 'node:stream';
import type { RateLimit } from './byte-budget.js';
import { MoveFailure, type Side } from './errors.js';

/** Tries of one copy when a side is unavailable for a moment, with a pause of 0.5, 1, 2 ... seconds before each but the first. */
const ATTEMPTS = 5;
const PAUSE_MS = 500;

export interface CopyOptions {
  signal: AbortSignal;
  rate?: RateLimit | undefined;
  /** Gives the unique part of each location that is written. Default: random. */
  unique?: () => Promise<string>;
  /** Told as soon as the copy exists and before it is proven. */
  onCopied?: (copy: StoredObject) => void;
}

/**
 * Copies one object's content to a fresh location of `store`'s own driver and proves the copy: what was read had the
 * recorded digest, and the destination gives those bytes back - or its server has said so itself.
 *
 * @throws MoveFailure; a copy that could not be proven is deleted again.
 */
export async function copyAndProve(
  store: ObjectStore,
  row: ObjectMetadata,
  options: CopyOptions,
): Promise<StoredObject> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await copyOnce(store, row, options);
    } catch (error) {
      const failure = toMoveFailure(error, 'destination');
      if (!failure.retryable || attempt === ATTEMPTS || options.signal.aborted) throw failure;
      await pause(PAUSE_MS * 2 ** (attempt - 1) * (0.5 + Math.random()), options.signal);
    }
  }
}

async function copyOnce(store: ObjectStore, row: ObjectMetadata, options: CopyOptions): Promise<StoredObject> {
  const { signal, unique } = options;
  let source: Readable;
  try {
    source = await store.openStored(row, { signal, sha256: 'by caller' });
  } catch (error) {
    throw toMoveFailure(error, 'source');
  }
  const slowed = options.rate ? options.rate.slow(source) : (source as AsyncIterable<Buffer>);
  const plain = Readable.from(fromSource(slowed), { objectMode: false });
  plain.once('close', () => source.destroy());
  const copy = await store.writeContent(row, plain, { signal, ...(unique ? { unique } : {}) });
  try {
    if (row.digest?.startsWith('sha256:') && copy.digest !== row.digest) {
      const message = `content ${row.uri} has digest ${copy.digest} where ${row.digest} is recorded; it was altered or damaged where it is stored`;
      throw new MoveFailure('source_integrity', message, false);
    }
    options.onCopied?.(copy);
    if (!copy.proven) await prove(store, copy, signal);
    return copy;
  } catch (error) {
    // The copy is unproven, so it must not stay; the first error is the one to report.
    await store.deleteContent(copy.uri).catch(() => undefined);
    throw error;
  }
}

/** Reads a copy to its end; its digest and length are checked on the way. @throws MoveFailure `verify_failed` */
export async function prove(store: ObjectStore, copy: StoredObject, signal: AbortSignal): Promise<void> {
  try {
    const body = await store.openStored(copy, { signal });
    for await (const chunk of body) void chunk;
  } catch (error) {
    const damaged = error instanceof StorageError && (error.code === 'integrity' || error.code === 'not_found');
    if (!damaged) throw toMoveFailure(error, 'destination');
    throw new MoveFailure('verify_failed', `the copy could not be proven: ${error.message}`, true, error);
  }
}

async function* fromSource(source: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  try {
    yield* source;
  } catch (error) {
    throw toMoveFailure(error, 'source');
  }
}

/** The error of one side in the form the journal keeps. */
export function toMoveFailure(error: unknown, side: Side): MoveFailure {
  if (error instanceof MoveFailure) return error;
  if (error instanceof StorageError) {
    const torn = side === 'destination' && error.code === 'integrity'; // on its way there, says the server
    return new MoveFailure(`${side}_${error.code}`, error.message, error.retryable || torn, error);
  }
  return new MoveFailure(`${side}_unknown`, (error as Error).message, false, error);
}

function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, milliseconds);
    signal.addEventListener('abort', done);
  });
}

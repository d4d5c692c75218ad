import { createHash } from 'node:crypto';
import type { SwiftClient } from './client.js';

/** Segments on the way at the same time: with the one being filled, three of them in memory. */
const AT_ONCE = 2;
/** What servers allow unless configured otherwise. */
const MAX_SEGMENTS = 1000;

/** Names of segmented objects end in this, so that deleting needs no look at the object first. */
export const SEGMENTED = '-slo';
const SEGMENT_NAME = /^(.+-slo)\.segments\/\d{8}$/s;

/** The segmented object that a name of a segment belongs to; undefined when it is no such name. */
export function ownerOfSegment(name: string): string | undefined {
  return SEGMENT_NAME.exec(name)?.[1];
}

interface Target {
  container: string;
  name: string;
}

interface Segment {
  path: string;
  etag: string;
  size_bytes: number;
}

/**
 * Stores content in segments `<name>.segments/00000001` ... and a manifest `<name>` (Static Large Object). The manifest
 * comes last and makes it visible whole; the server checks each segment's MD5 and length against it.
 *
 * @param parts bytes of the segments; each is let go when the server has it
 * @returns bytes stored
 */
export async function storeSegments(
  client: SwiftClient,
  target: Target,
  parts: AsyncIterable<Buffer>,
  signal: AbortSignal | undefined,
): Promise<number> {
  const segments: Segment[] = [];
  const running = new Set<Promise<void>>();
  const stop = new AbortController();
  const signals = signal ? AbortSignal.any([signal, stop.signal]) : stop.signal;
  try {
    for await (const bytes of parts) {
      stop.signal.throwIfAborted();
      const number = segments.length + 1;
      if (number > MAX_SEGMENTS)
        throw new RangeError(`it needs more than ${MAX_SEGMENTS} segments; raise segment_size`);
      const segment = describe(target, number, bytes);
      segments.push(segment);
      const sent = storeSegment(client, target.container, segment, bytes, signals)
        .catch((error: unknown) => stop.abort(error))
        .finally(() => running.delete(sent));
      running.add(sent);
      if (running.size >= AT_ONCE) await Promise.race(running);
    }
    await Promise.all(running);
    stop.signal.throwIfAborted();
    const manifest = Buffer.from(JSON.stringify(segments));
    await client.ask({ method: 'PUT', ...target, query: 'multipart-manifest=put', body: manifest, signal });
  } catch (error) {
    stop.abort(error);
    await Promise.all(running);
    await removeAll(client, target, segments.length);
    throw error;
  }
  return segments.reduce((sum, { size_bytes: bytes }) => sum + bytes, 0);
}

function describe({ container, name }: Target, number: number, bytes: Buffer): Segment {
  const path = `/${container}/${segmentName(name, number)}`;
  return { path, etag: createHash('md5').update(bytes).digest('hex'), size_bytes: bytes.length };
}

async function storeSegment(
  client: SwiftClient,
  container: string,
  { path, etag }: Segment,
  body: Buffer,
  signal: AbortSignal,
): Promise<void> {
  const name = path.slice(container.length + 2);
  await client.ask({ method: 'PUT', container, name, headers: { etag }, body, signal });
}

/** Best effort: what stays behind is listed as garbage a day later. */
async function removeAll(client: SwiftClient, { container, name }: Target, count: number): Promise<void> {
  // The manifest too: its request may have been carried out although its answer never came.
  const names = [name, ...Array.from({ length: count }, (_, index) => segmentName(name, index + 1))].values();
  const remove = async (): Promise<void> => {
    for (const one of names) await client.ask({ method: 'DELETE', container, name: one }).catch(() => undefined);
  };
  await Promise.all(Array.from({ length: 8 }, remove));
}

function segmentName(name: string, number: number): string {
  return `${name}.segments/${String(number).padStart(8, '0')}`;
}

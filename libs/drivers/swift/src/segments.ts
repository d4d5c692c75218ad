import { sendParts, type PartReader } from '@kedge/object-store';
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

/**
 * Stores content in segments `<name>.segments/00000001` ... and a manifest `<name>` (Static Large Object). The manifest
 * comes last and makes it visible whole; the server checks each segment's MD5 and length against it.
 *
 * @returns bytes stored
 */
export async function storeSegments(
  client: SwiftClient,
  target: Target,
  reader: PartReader,
  signal: AbortSignal | undefined,
): Promise<number> {
  const { container } = target;
  let begun = 0;
  try {
    const segments = await sendParts(reader, { atOnce: AT_ONCE, signal }, async (body, number, stop) => {
      if (number > MAX_SEGMENTS)
        throw new RangeError(`it needs more than ${MAX_SEGMENTS} segments; raise segment_size`);
      begun = number;
      const name = segmentName(target.name, number);
      const etag = createHash('md5').update(body).digest('hex');
      await client.ask({ method: 'PUT', container, name, headers: { etag }, body, signal: stop });
      return { path: `/${container}/${name}`, etag, size_bytes: body.length };
    });
    const manifest = Buffer.from(JSON.stringify(segments));
    await client.ask({ method: 'PUT', ...target, query: 'multipart-manifest=put', body: manifest, signal });
    return segments.reduce((sum, { size_bytes: bytes }) => sum + bytes, 0);
  } catch (error) {
    await removeAll(client, target, begun);
    throw error;
  }
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

import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import type { SwiftClient } from './client.js';
import { SEGMENTED, storeSegments } from './segments.js';
import type { SwiftSettings } from './settings.js';

const HEADERS = { 'content-type': 'application/octet-stream' };

/**
 * Stores a body of unknown length: as one object when it fits into a segment or `use_slo` is off, else in segments.
 *
 * @param name for the object; the name of segmented content gets a mark at its end
 */
export async function upload(
  client: SwiftClient,
  settings: SwiftSettings,
  name: string,
  body: Readable,
  signal: AbortSignal | undefined,
): Promise<{ name: string; size: number }> {
  const { container } = settings;
  const parts = cut(body, settings.segmentBytes)[Symbol.asyncIterator]();
  const first = await parts.next();
  const second = first.done ? first : await parts.next();
  if (second.done) {
    const bytes = first.value ?? Buffer.alloc(0);
    const headers = { ...HEADERS, etag: createHash('md5').update(bytes).digest('hex') };
    await client.ask({ method: 'PUT', container, name, headers, body: bytes, signal });
    return { name, size: bytes.length };
  }
  const all = joined([first.value as Buffer, second.value], parts);
  if (settings.useSlo) {
    const target = { container, name: `${name}${SEGMENTED}` };
    return { name: target.name, size: await storeSegments(client, target, all, signal) };
  }
  const counted = { bytes: 0 };
  const stream = Readable.from(count(all, counted), { objectMode: false });
  await client.ask({ method: 'PUT', container, name, headers: HEADERS, body: stream, signal });
  return { name, size: counted.bytes };
}

/** The body in pieces of exactly `size` bytes, the last one shorter. */
async function* cut(body: Readable, size: number): AsyncGenerator<Buffer, undefined> {
  let chunks: Buffer[] = [];
  let length = 0;
  for await (const part of body as AsyncIterable<Buffer | string>) {
    let rest = typeof part === 'string' ? Buffer.from(part) : part;
    while (rest.length > 0) {
      const piece = rest.subarray(0, size - length);
      chunks.push(piece);
      length += piece.length;
      rest = rest.subarray(piece.length);
      if (length === size) {
        yield Buffer.concat(chunks, length);
        chunks = [];
        length = 0;
      }
    }
  }
  if (length > 0) yield Buffer.concat(chunks, length);
  return undefined;
}

async function* joined(head: Buffer[], rest: AsyncIterator<Buffer, undefined>): AsyncGenerator<Buffer> {
  try {
    for (let one = head.shift(); one; one = head.shift()) yield one;
    for (let next = await rest.next(); !next.done; next = await rest.next()) yield next.value;
  } finally {
    await rest.return?.();
  }
}

async function* count(parts: AsyncIterable<Buffer>, counted: { bytes: number }): AsyncGenerator<Buffer> {
  for await (const part of parts) {
    counted.bytes += part.length;
    yield part;
  }
}

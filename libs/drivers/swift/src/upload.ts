import { PartReader } from '@kedge/object-store';
import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import type { SwiftClient } from './client.js';
import { SEGMENTED, storeSegments } from './segments.js';
import type { SwiftSettings } from './settings.js';

const HEADERS = { 'content-type': 'application/octet-stream' };
const PIECE = 1024 * 1024;

/**
 * Stores a body of unknown length: as one object when it fits into a segment or `use_slo` is off, else in segments.
 *
 * @param name for the object; the name of segmented content gets a mark at its end
 * @returns `proven` when the server has checked the MD5 of what it received
 */
export async function upload(
  client: SwiftClient,
  settings: SwiftSettings,
  name: string,
  body: Readable,
  signal: AbortSignal | undefined,
): Promise<{ name: string; size: number; proven?: true }> {
  const { container } = settings;
  const reader = new PartReader(body, settings.segmentBytes);
  const whole = await reader.whole();
  if (whole) {
    const headers = { ...HEADERS, etag: createHash('md5').update(whole).digest('hex') };
    await client.ask({ method: 'PUT', container, name, headers, body: whole, signal });
    return { name, size: whole.length, proven: true };
  }
  if (settings.useSlo) {
    const target = { container, name: `${name}${SEGMENTED}` };
    return { name: target.name, size: await storeSegments(client, target, reader, signal), proven: true };
  }
  const counted = { bytes: 0 };
  const stream = Readable.from(rest(reader, counted), { objectMode: false });
  await client.ask({ method: 'PUT', container, name, headers: HEADERS, body: stream, signal });
  return { name, size: counted.bytes };
}

async function* rest(reader: PartReader, counted: { bytes: number }): AsyncGenerator<Buffer> {
  for (;;) {
    const buffer = Buffer.allocUnsafe(PIECE);
    const length = await reader.fill(buffer);
    if (length === 0) return;
    counted.bytes += length;
    yield buffer.subarray(0, length);
  }
}

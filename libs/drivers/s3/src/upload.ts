import { Readable } from 'node:stream';
import type { Connection, Sdk } from './connection.js';
import type { S3Settings } from './settings.js';

/** Parts of one object on the way at the same time: with the one being filled, five of them in memory. */
const PARTS_AT_ONCE = 4;

type Target = { Bucket: string; Key: string };

/**
 * Stores a body of unknown length: one request when it fits into a part, else a multipart upload, which is aborted when
 * anything fails.
 *
 * @param signal stops it; the caller also destroys the body with it, so that waiting for the body ends too
 * @returns bytes stored
 */
export async function upload(
  connection: Connection,
  settings: S3Settings,
  target: Target,
  body: Readable,
  signal?: AbortSignal,
): Promise<number> {
  const { sdk, client } = await connection.open();
  const source = body[Symbol.asyncIterator]() as AsyncIterator<Buffer | string>;
  const { chunks, length, ended } = await take(source, settings.partBytes);
  const params = { ...target, ...writeOptions(settings) };
  const abort = signal ? { abortSignal: signal } : {};
  if (ended) {
    const Body = chunks.length === 1 ? chunks[0] : Buffer.concat(chunks);
    await client.send(new sdk.PutObjectCommand({ ...params, Body, ContentLength: length }), abort);
    return length;
  }

  const { Upload } = await import('@aws-sdk/lib-storage');
  const counted = new Counted(chunks, source);
  const parts = Readable.from(counted, { objectMode: false });
  const multipart = new Upload({
    client: stoppable(sdk, client, signal),
    params: { ...params, Body: parts },
    partSize: settings.partBytes,
    queueSize: PARTS_AT_ONCE,
  });
  try {
    await multipart.done();
  } finally {
    parts.destroy();
  }
  return counted.bytes;
}

/** Headers of every new object. */
function writeOptions(settings: S3Settings) {
  const { encryption, storageClass } = settings;
  return {
    ContentType: 'binary/octet-stream',
    ...(encryption ? { ServerSideEncryption: encryption.algorithm } : {}),
    ...(encryption?.kmsKeyId ? { SSEKMSKeyId: encryption.kmsKeyId } : {}),
    ...(storageClass ? { StorageClass: storageClass as Sdk.StorageClass } : {}),
  };
}

function bytes(chunk: Buffer | string): Buffer {
  return typeof chunk === 'string' ? Buffer.from(chunk) : chunk;
}

/** Reads until more than `limit` bytes are there or the source ends. */
async function take(source: AsyncIterator<Buffer | string>, limit: number) {
  const chunks: Buffer[] = [];
  let length = 0;
  for (let next = await source.next(); !next.done; next = await source.next()) {
    const chunk = bytes(next.value);
    chunks.push(chunk);
    length += chunk.length;
    if (length > limit) return { chunks, length, ended: false };
  }
  return { chunks, length, ended: true };
}

/** First what was read already, then the rest; counts what passes. */
class Counted implements AsyncIterable<Buffer> {
  bytes = 0;

  constructor(
    private readonly head: Buffer[],
    private readonly rest: AsyncIterator<Buffer | string>,
  ) {}

  async *[Symbol.asyncIterator](): AsyncGenerator<Buffer> {
    for (let chunk = this.head.shift(); chunk; chunk = this.head.shift()) {
      this.bytes += chunk.length;
      yield chunk;
    }
    for (let next = await this.rest.next(); !next.done; next = await this.rest.next()) {
      const chunk = bytes(next.value);
      this.bytes += chunk.length;
      yield chunk;
    }
  }
}

/** A client whose requests end with the signal, all but the one that clears the upload away. */
function stoppable(sdk: typeof Sdk, client: Sdk.S3Client, signal: AbortSignal | undefined): Sdk.S3Client {
  if (!signal) return client;
  const send = (command: Parameters<Sdk.S3Client['send']>[0]): Promise<unknown> =>
    client.send(command, command instanceof sdk.AbortMultipartUploadCommand ? {} : { abortSignal: signal });
  return Object.assign(Object.create(client) as Sdk.S3Client, { send });
}

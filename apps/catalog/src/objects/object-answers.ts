import type { ObjectId, ObjectStore } from '@kedge/object-store';
import { ApiError } from '@kedge/service';
import { BadRequestException, HttpException, StreamableFile } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Readable, Transform, type TransformCallback } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { parseRange, sliceStream } from './byte-range.js';

/** Largest object that is taken. */
const MAX_BYTES = 16 * 1024 ** 3;

/**
 * Bytes of an object as an answer, streamed; of a part of it when the request has a `Range` header. A whole object is
 * proven by its digest while it is read, and the connection is cut when it is damaged.
 *
 * @throws ApiError 404 also for an empty object, as in the old system; 416
 */
export async function readObject(
  store: ObjectStore,
  id: ObjectId,
  http: { request: FastifyRequest; reply: FastifyReply },
  type: string,
): Promise<StreamableFile> {
  const found = await store.get(id);
  if (!found || found.metadata.size === 0) {
    found?.body.destroy();
    throw new ApiError(404, `object ${id.bucket}/${id.key} not found`);
  }
  const { metadata, body } = found;
  // The length of what the old system compressed is not known before it is read.
  const lengthKnown = metadata.codec === 'identity' || metadata.digest?.startsWith('sha256:') === true;
  if (!lengthKnown) return new StreamableFile(body, { type });
  void http.reply.header('accept-ranges', 'bytes');
  const range = parseRange(http.request.headers.range, metadata.size);
  if (range === undefined) return new StreamableFile(body, { type, length: metadata.size });
  if (range === 'unsatisfiable') {
    body.destroy();
    void http.reply.header('content-range', `bytes */${metadata.size}`);
    throw new HttpException('the range lies outside of the object', 416);
  }
  void http.reply.status(206).header('content-range', `bytes ${range.start}-${range.end}/${metadata.size}`);
  return new StreamableFile(sliceStream(body, range, metadata.size), { type, length: range.end - range.start + 1 });
}

/** Stores the bytes of a request, streamed. @throws BadRequestException 400 without body; ApiError 413 */
export async function writeObject(store: ObjectStore, id: ObjectId, request: FastifyRequest): Promise<void> {
  const { body } = request;
  if (!(body instanceof Readable)) {
    throw new BadRequestException('send the bytes of the object with content type application/octet-stream');
  }
  const limit = limited();
  // The stream to store fails with the request, so each of the two reports the same.
  const [stored] = await Promise.allSettled([store.put(id, limit), pipeline(body, limit)]);
  if (stored.status === 'rejected') throw stored.reason;
}

/** The address that is answered for a stored object (storage spec 2.6). */
export function objectAddress(request: FastifyRequest, { bucket, key }: ObjectId): string {
  return `${request.protocol}://${request.host}/v1/archive/${encodeURIComponent(bucket)}/${encodeURIComponent(key)}`;
}

/** Fails when more comes than allowed. */
function limited(): Transform {
  let bytes = 0;
  return new Transform({
    transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
      bytes += chunk.length;
      if (bytes > MAX_BYTES) done(new ApiError(413, `an object may have at most ${MAX_BYTES} bytes`));
      else done(null, chunk);
    },
  });
}

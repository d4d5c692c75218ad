import { PartReader, sendParts, type PutOptions } from '@kedge/object-store';
import { createHash } from 'node:crypto';
import type { Readable } from 'node:stream';
import type { Connection, Sdk } from './connection.js';
import { declareSha256 } from './declared-digest.js';
import type { S3Settings } from './settings.js';

const PARTS_AT_ONCE = 4;
/** The most that S3 takes for one object. */
const MAX_PARTS = 10_000;

type Target = { Bucket: string; Key: string };

/**
 * Stores a body of unknown length: one request when it fits into a part, else a multipart upload, which is aborted when
 * anything fails. (`@aws-sdk/lib-storage` does the same, but copies and keeps each part twice and goes on in the background
 * after it was stopped.)
 *
 * Every request declares the SHA-256 of its bytes. A server that compares has proven what it accepts; of another one the
 * entity tag may say so, which is the MD5 of what it received but for some kinds of encryption.
 *
 * @param options.signal stops it; the caller also destroys the body with it, so that waiting for the body ends too
 * @param options.comparesSha256 the server is known to refuse bytes that are not the declared ones
 * @returns bytes stored, and whether the server has proven that it has those which were sent
 */
export async function upload(
  connection: Connection,
  settings: S3Settings,
  target: Target,
  body: Readable,
  options: PutOptions & { comparesSha256: boolean },
): Promise<{ size: number; proven?: true }> {
  const { signal } = options;
  const { sdk, client } = await connection.open();
  const isProven = (tag: string | undefined, bytes: Buffer): boolean => options.comparesSha256 || isTagOf(tag, bytes);
  const reader = new PartReader(body, settings.partBytes);
  const whole = await reader.whole();
  if (whole) {
    const command = new sdk.PutObjectCommand({ ...target, ...writeOptions(settings), Body: whole });
    declareSha256(command, options.sha256?.() ?? sha256Of(whole));
    const { ETag } = await client.send(command, signal ? { abortSignal: signal } : {});
    return { size: whole.length, ...(isProven(ETag, whole) ? { proven: true } : {}) };
  }
  const created = await client.send(
    new sdk.CreateMultipartUploadCommand({ ...target, ...writeOptions(settings) }),
    signal ? { abortSignal: signal } : {},
  );
  const upload = { ...target, UploadId: created.UploadId };
  let size = 0;
  let proven = true;
  try {
    const Parts = await sendParts(reader, { atOnce: PARTS_AT_ONCE, signal }, async (Body, PartNumber, abortSignal) => {
      if (PartNumber > MAX_PARTS) throw new RangeError(`it needs more than ${MAX_PARTS} parts; raise part_size_mb`);
      size += Body.length;
      const command = declareSha256(new sdk.UploadPartCommand({ ...upload, Body, PartNumber }), sha256Of(Body));
      const { ETag } = await client.send(command, { abortSignal });
      proven &&= isProven(ETag, Body);
      return { PartNumber, ETag };
    });
    await client.send(
      new sdk.CompleteMultipartUploadCommand({ ...upload, MultipartUpload: { Parts } }),
      signal ? { abortSignal: signal } : {},
    );
  } catch (error) {
    // Best effort: what stays is invisible, and `init` ends it after a day.
    await client.send(new sdk.AbortMultipartUploadCommand(upload)).catch(() => undefined);
    throw error;
  }
  return { size, ...(proven ? { proven: true } : {}) };
}

function sha256Of(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** Whether a tag that the server answered is the MD5 of these bytes. */
function isTagOf(tag: string | undefined, bytes: Buffer): boolean {
  return tag?.replaceAll('"', '') === createHash('md5').update(bytes).digest('hex');
}

/** Headers of every new object. */
function writeOptions(settings: S3Settings) {
  const { encryption, storageClass } = settings;
  return {
    ContentType: 'binary/octet-stream',
    ...(encryption ? { ServerSideEncryption: encryption.algorithm } : {}),
    ...(encryption?.kmsKeyId ? { SSEKMSKeyId: encryption.kmsKeyId } : {}),
    ...(storageClass ? { StorageClass: storageClass as Sdk.StorageClass } : {}), // the SDK lists AWS's classes only
  };
}

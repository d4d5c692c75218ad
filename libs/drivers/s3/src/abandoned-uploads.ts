import type { Connection } from './connection.js';
import type { S3Settings } from './settings.js';

const DAY_MS = 24 * 60 * 60 * 1000;
/** Names as this driver makes them, so that uploads of others in the same bucket are left alone. */
const OURS = /^[^/]+\/[^/]+\/.+\.[A-Za-z0-9_-]{32}$/;

/**
 * Ends multipart uploads that a crash left more than a day ago: their parts are invisible and cost money. One page, 1,000
 * uploads, at a time. Not every service or set of permissions offers it, so failing is no failure.
 */
export async function endAbandonedUploads(connection: Connection, settings: S3Settings): Promise<void> {
  const { sdk, client } = await connection.open();
  const { bucket: Bucket, prefix: Prefix } = settings;
  try {
    const { Uploads = [] } = await client.send(new sdk.ListMultipartUploadsCommand({ Bucket, Prefix }));
    for (const { Key, UploadId, Initiated } of Uploads) {
      const old = Initiated !== undefined && Date.now() - Initiated.getTime() > DAY_MS;
      if (!old || !Key || !UploadId || !OURS.test(Key.slice(Prefix.length))) continue;
      await client.send(new sdk.AbortMultipartUploadCommand({ Bucket, Key, UploadId }));
    }
  } catch {
    return;
  }
}

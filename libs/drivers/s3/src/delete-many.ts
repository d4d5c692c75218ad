import { deleteEach, fromFlatUri, StorageError, type DeleteFailure } from '@kedge/object-store';
import type { Connection } from './connection.js';
import { toStorageError } from './failure.js';
import type { S3Settings } from './settings.js';

/** What DeleteObjects takes in one call. */
const KEYS_A_CALL = 1000;

/**
 * Deletes locations with DeleteObjects, 1,000 a call. A service that refuses such a call gets single ones.
 *
 * @param deleteOne the driver's single delete
 */
export async function deleteMany(
  connection: Connection,
  settings: S3Settings,
  uris: readonly string[],
  deleteOne: (uri: string) => Promise<void>,
): Promise<DeleteFailure[]> {
  const failures: DeleteFailure[] = [];
  const buckets = new Map<string, Map<string, string>>();
  for (const uri of uris) {
    try {
      const { container, name } = fromFlatUri('s3', uri);
      const names = buckets.get(container) ?? new Map<string, string>();
      buckets.set(container, names.set(name, uri));
    } catch (error) {
      if (!(error instanceof StorageError)) throw error;
      failures.push({ uri, error });
    }
  }
  for (const [bucket, names] of buckets) {
    const entries = [...names];
    for (let at = 0; at < entries.length; at += KEYS_A_CALL) {
      const batch = new Map(entries.slice(at, at + KEYS_A_CALL));
      failures.push(...(await deleteBatch(connection, settings, bucket, batch, deleteOne)));
    }
  }
  return failures;
}

/** @param batch names with their locations */
async function deleteBatch(
  connection: Connection,
  settings: S3Settings,
  bucket: string,
  batch: Map<string, string>,
  deleteOne: (uri: string) => Promise<void>,
): Promise<DeleteFailure[]> {
  const { sdk, client } = await connection.open();
  const attempt = { action: 'delete', bucket, text: `deleting ${batch.size} objects` } as const;
  try {
    const Objects = [...batch.keys()].map((Key) => ({ Key }));
    const { Errors = [] } = await client.send(
      new sdk.DeleteObjectsCommand({ Bucket: bucket, Delete: { Objects, Quiet: true } }),
    );
    return Errors.flatMap(({ Key = '', Code = '', Message = '' }) => {
      const uri = batch.get(Key);
      if (uri === undefined || Code === 'NoSuchKey') return [];
      const cause = Object.assign(new Error(Message), { name: Code, $metadata: statusOf(Code) });
      return [{ uri, error: toStorageError(settings, { ...attempt, text: `deleting ${uri}`, uri }, cause) }];
    });
  } catch (error) {
    const failure = toStorageError(settings, attempt, error);
    if (failure.code === 'unknown' || failure.code === 'not_found') return deleteEach([...batch.values()], deleteOne);
    return [...batch.values()].map((uri) => ({ uri, error: failure }));
  }
}

/** An error within an answer has a code but no status of its own. */
function statusOf(code: string): { httpStatusCode?: number } {
  return code === 'AccessDenied' ? { httpStatusCode: 403 } : {};
}

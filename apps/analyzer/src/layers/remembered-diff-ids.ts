import { StorageError, type ObjectId, type ObjectStore } from '@kedge/object-store';

const ACCOUNT = 'kedge-system';
const BUCKET = 'layer_diff_ids';
const MAX_BYTES = 4096;

/**
 * Diff ids by the digest of the blob that they were learned from, in the object store. Only images whose manifest does not
 * tell them need this (Docker schema 1): with it, a layer of theirs that was read once is known like any other.
 */
export class RememberedDiffIds {
  constructor(private readonly store: ObjectStore) {}

  /** Undefined when the blob was not read yet; also for an entry that cannot be read, which the next `set` replaces. */
  async get(blobDigest: string): Promise<string | undefined> {
    try {
      const diffId = await this.store.getDocument<unknown>(idOf(blobDigest), { maxBytes: MAX_BYTES });
      return typeof diffId === 'string' && /^sha256:[0-9a-f]{64}$/.test(diffId) ? diffId : undefined;
    } catch (error) {
      if (error instanceof StorageError && (error.code === 'integrity' || error.code === 'not_found')) return undefined;
      throw error;
    }
  }

  /** To be called once the blob is proven. */
  async set(blobDigest: string, diffId: string): Promise<void> {
    await this.store.putDocument(idOf(blobDigest), diffId);
  }
}

function idOf(blobDigest: string): ObjectId {
  return { account: ACCOUNT, bucket: BUCKET, key: blobDigest };
}

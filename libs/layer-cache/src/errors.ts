/**
 * Why a blob could not be read through the cache.
 *
 * - `damaged`: the stored blob is not what its name says; it was removed, and the next `open` fetches it again;
 * - `digest_mismatch`, `size_mismatch`: the source gave other bytes than the descriptor promises;
 * - `invalid_descriptor`: not `sha256:<64 hex>` or no size;
 * - `unusable_directory`: the cache's directory cannot be made, read or written;
 * - `busy`: another process kept the directory's lock for too long.
 */
export type LayerCacheErrorCode =
  'damaged' | 'digest_mismatch' | 'size_mismatch' | 'invalid_descriptor' | 'unusable_directory' | 'busy';

/** A blob could not be read through the cache. The message names the blob or directory and the way out. */
export class LayerCacheError extends Error {
  override readonly name = 'LayerCacheError';

  constructor(
    readonly code: LayerCacheErrorCode,
    message: string,
    cause?: unknown,
  ) {
    super(message, { cause });
  }

  /** True when the same call may succeed later. */
  get retryable(): boolean {
    return this.code === 'damaged' || this.code === 'busy';
  }
}

/** The `code` of a file system error; empty for other errors. */
export function codeOf(error: unknown): string {
  const code = (error as NodeJS.ErrnoException | null)?.code;
  return typeof code === 'string' ? code : '';
}

/**
 * Closed list of reasons why a layer or an inventory could not be analysed.
 *
 * - `unknown_compression`, `corrupt_compression`, `corrupt_tar`, `diff_id_mismatch`: the blob is damaged or not a layer;
 * - `*_limit`: the layer is larger than the operator allows; the message names the limit;
 * - `read_failed`: the source of the bytes failed, its error is the cause;
 * - `aborted`: the caller's signal fired;
 * - `invalid_pattern`: a search pattern of the configuration cannot be used;
 * - `corrupt_inventory`, `wrong_version`: a stored inventory cannot be read and must be made again.
 */
export type AnalysisErrorCode =
  | 'unknown_compression'
  | 'corrupt_compression'
  | 'corrupt_tar'
  | 'diff_id_mismatch'
  | 'inflated_bytes_limit'
  | 'entries_limit'
  | 'path_length_limit'
  | 'compression_ratio_limit'
  | 'kept_bytes_limit'
  | 'wall_time_limit'
  | 'read_failed'
  | 'aborted'
  | 'invalid_pattern'
  | 'corrupt_inventory'
  | 'wrong_version';

/** An analysis step failed. The message names the layer or file, what was found and the way out. */
export class AnalysisError extends Error {
  override readonly name = 'AnalysisError';

  constructor(
    readonly code: AnalysisErrorCode,
    message: string,
    cause?: unknown,
  ) {
    super(message, { cause });
  }

  /** True when the same call may succeed later without any change to image or configuration. */
  get retryable(): boolean {
    return this.code === 'read_failed' || this.code === 'aborted' || this.code === 'wall_time_limit';
  }
}

/**
 * Why an act on the analysis archive was refused.
 *
 * - `not_found`: the archive has no such image or rule;
 * - `conflict`: the image is in the working set already;
 * - `not_archivable`: the image is missing, being deleted or not analysed;
 * - `invalid_state`: the archived image is being worked on, see its status;
 * - `invalid_bundle`: the stored bundle is damaged or names things it must not name;
 * - `invalid_rule`: a transition rule contradicts itself.
 */
export type ArchiveErrorCode =
  'not_found' | 'conflict' | 'not_archivable' | 'invalid_state' | 'invalid_bundle' | 'invalid_rule';

/** An act on the analysis archive was refused. The message names the image or rule and the way out. */
export class ArchiveError extends Error {
  override readonly name = 'ArchiveError';

  constructor(
    readonly code: ArchiveErrorCode,
    message: string,
    cause?: unknown,
  ) {
    super(message, { cause });
  }

  /** Another attempt gives the same answer. */
  readonly retryable = false;
}

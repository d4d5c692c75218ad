/**
 * Why an analysis cannot be indexed; none of it passes by waiting.
 *
 * - `document_missing`: the object store has no `analysis_data` of the image;
 * - `document_invalid`: it is no analysis document;
 * - `document_too_large`: it exceeds a limit.
 */
export type IndexErrorCode = 'document_missing' | 'document_invalid' | 'document_too_large';

/** An analysis cannot be indexed. The message is one line for the image's record and names the way out. */
export class IndexError extends Error {
  override readonly name = 'IndexError';
  /** Job queues do not try again. */
  readonly retryable = false;

  constructor(
    readonly code: IndexErrorCode,
    message: string,
    cause?: unknown,
  ) {
    super(message, { cause });
  }
}

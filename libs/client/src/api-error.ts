/** The `detail` of an error body. Some errors carry keys of their own beside the codes; a few carry null. */
export type ErrorDetail = ({ error_codes?: string[] } & Record<string, unknown>) | null;

/**
 * An error as the API says it: `{"message", "httpcode", "detail": {"error_codes": []}}` with that HTTP status.
 *
 * Thrown by services towards their callers and raised again by the clients of this library, so that a message passes
 * through the gateway unchanged. The message is for users: it names the thing and the way out and holds no secret.
 */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  readonly detail: ErrorDetail;

  constructor(
    /** HTTP status, 400 to 599. */
    readonly status: number,
    message: string,
    detail?: ErrorDetail,
    cause?: unknown,
  ) {
    super(message, { cause });
    this.detail = detail === undefined ? { error_codes: [] } : detail;
  }

  /** True when the same call may succeed later. */
  get retryable(): boolean {
    return this.status === 502 || this.status === 503 || this.status === 504;
  }
}

/**
 * Closed list of reasons why the policy library cannot answer at all. Faults of a bundle or of one rule are not errors
 * but problems in the answer (`PolicyProblem`).
 *
 * - `bundle_not_an_object`: what should be a bundle is no JSON object;
 * - `image_view_failed`: an ImageView could not read its data (a database that is away); it throws this itself;
 * - `evaluation_aborted`: the caller's signal fired.
 */
export type PolicyErrorCode = 'bundle_not_an_object' | 'image_view_failed' | 'evaluation_aborted';

/** The policy library could not answer. The message names the thing and the way out. */
export class PolicyError extends Error {
  override readonly name = 'PolicyError';

  constructor(
    readonly code: PolicyErrorCode,
    message: string,
    cause?: unknown,
  ) {
    super(message, { cause });
  }

  /** True when the same call may succeed later without any change to the bundle. */
  get retryable(): boolean {
    return this.code !== 'bundle_not_an_object';
  }
}

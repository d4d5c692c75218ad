import { AnalysisError } from '@kedge/analysis';

/** Longest reason, in characters. */
const MAX_LENGTH = 900;

/** Why an analysis failed, for the image's row, events and logs. */
export interface Failure {
  /** One line that names the image and, where it is one, the layer. */
  reason: string;
  /** The code of the error, e.g. `digest_mismatch`; `unexpected` for errors nobody named. */
  code: string;
  /** True when another attempt makes sense. */
  retryable: boolean;
}

/** Reasons of the analysis that are limits or facts of the image: they will be the same next time. */
const FINAL_ANALYSIS_CODES = new Set(['wall_time_limit']);

/**
 * Reads an error of any part: all typed errors of Kedge carry `code` and `retryable`. Other errors (a database that went
 * away, a bug) are worth another attempt; attempts are limited.
 */
export function describeFailure(error: unknown, image: string): Failure {
  const cause = rootOf(error);
  const { code, retryable } = cause as { code?: unknown; retryable?: unknown };
  const text = cause instanceof Error ? cause.message : String(cause);
  const line = text.replace(/\s+/g, ' ').trim() || 'failed without a reason';
  return {
    reason: `${line.includes(image) ? '' : `image ${image}: `}${line}`.slice(0, MAX_LENGTH),
    code: typeof code === 'string' && typeof retryable === 'boolean' ? code : 'unexpected',
    retryable: retryable !== false && !FINAL_ANALYSIS_CODES.has(String(code)),
  };
}

/** A reading failure is its cause. */
function rootOf(error: unknown): unknown {
  let current = error;
  for (let depth = 0; depth < 5; depth += 1) {
    if (!(current instanceof AnalysisError) || current.code !== 'read_failed' || !(current.cause instanceof Error))
      break;
    current = current.cause;
  }
  return current;
}

/** Thrown to the job queue. Its message is the reason; it has no stack of others in it. */
export class FailedAnalysisError extends Error {
  override readonly name = 'FailedAnalysisError';
  readonly retryable: boolean;

  constructor({ reason, retryable }: Failure, cause: unknown) {
    super(reason, { cause });
    this.retryable = retryable;
  }
}

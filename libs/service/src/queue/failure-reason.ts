const MAX_LENGTH = 1000;

/** What pg-boss itself notes on a job, and what it means to a reader. */
const NOTES: readonly [RegExp, string][] = [
  [/heartbeat timeout/, 'the worker stopped without a word; it may have been killed or run out of memory'],
  [/^job timed out$|^handler execution exceeded/, 'the job took longer than its queue allows'],
];

/** Outcome of a failed attempt as it is stored with the job: one line, no stack, no foreign fields. */
export function failureOutput(error: unknown): { message: string } {
  const text = error instanceof Error ? error.message : String(error);
  return { message: text.replace(/\s+/g, ' ').trim().slice(0, MAX_LENGTH) || 'failed without a reason' };
}

/** The reason in a stored outcome, whoever stored it. */
export function failureReason(output: unknown): string {
  const nested = (output as { value?: unknown } | null)?.value ?? output;
  const message = (nested as { message?: unknown } | null)?.message;
  if (typeof message !== 'string' || message === '') return 'failed without a reason';
  return NOTES.find(([pattern]) => pattern.test(message))?.[1] ?? message.replace(/\s+/g, ' ').slice(0, MAX_LENGTH);
}

/** False for errors that say that another attempt cannot help. */
export function isRetryable(error: unknown): boolean {
  return (error as { retryable?: unknown } | null)?.retryable !== false;
}

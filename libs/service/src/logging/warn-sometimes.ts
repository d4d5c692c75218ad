import type { Logger } from 'pino';

const QUIET_MS = 60_000;
const REMEMBERED = 100;

/**
 * A warning that repeats itself: while the database is away every poll fails, several times a second. Each reason is
 * logged at once, and again after a minute with the number of times in between.
 */
export function warnSometimes(
  logger: Logger,
  message: string,
  now: () => number = Date.now,
): (problem: Error | string) => void {
  const seen = new Map<string, { at: number; times: number }>();
  return (problem) => {
    // pg-boss appends the worker's id, which would make every reason a new one.
    const reason = (problem instanceof Error ? problem.message : problem).replace(/ \(Queue: .*\)$/, '');
    const last = seen.get(reason);
    if (last && now() - last.at < QUIET_MS) {
      last.times++;
      return;
    }
    logger.warn({ reason, ...(last && last.times > 0 ? { repeated: last.times } : {}) }, message);
    if (seen.size >= REMEMBERED) seen.clear();
    seen.set(reason, { at: now(), times: 0 });
  };
}

const FORM = /^(\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2})(?:[.:]\d{1,6})?Z$/;

/**
 * Seconds since 1970 of `2021-06-01T10:00:00Z`, also with a fraction after `.` or `:` (api spec 1.6). Undefined for
 * every other form, dates that do not exist included.
 */
export function parseUtcTimestamp(text: string): number | undefined {
  const seconds = FORM.exec(text)?.[1];
  if (seconds === undefined) return undefined;
  const time = new Date(`${seconds}Z`);
  if (Number.isNaN(time.getTime()) || time.toISOString().slice(0, 19) !== seconds) return undefined;
  // The tables keep times as 32-bit integers.
  const epoch = time.getTime() / 1000;
  return epoch >= 0 && epoch < 2 ** 31 ? epoch : undefined;
}

/** Now, in whole seconds since 1970, as the tables keep times. */
export function epochSeconds(now: Date = new Date()): number {
  return Math.floor(now.getTime() / 1000);
}

/** Seconds since 1970 as `2021-06-01T10:00:00Z` (api spec 1.6); null stays null. */
export function timestamp(seconds: number): string;
export function timestamp(seconds: number | null): string | null;
export function timestamp(seconds: number | null): string | null {
  return seconds === null ? null : `${new Date(seconds * 1000).toISOString().slice(0, 19)}Z`;
}

/** A point in time as `2021-06-01T10:00:00.123000Z`, the form of events: six digits of the second. */
export function preciseTimestamp(time: Date): string {
  return time.toISOString().replace('Z', '000Z');
}

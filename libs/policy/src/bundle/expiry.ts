/**
 * Reads the `expires_on` of an allowlist item, UTC: `YYYY-MM-DDTHH:MM:SSZ`, a fraction of the second after `.` or `:`.
 * Milliseconds since 1970, or undefined when the text is no such time.
 */
export function parseExpiry(text: string): number | undefined {
  const match = /^(\d{4}-\d{2}-\d{2})T(\d{2}:\d{2}:\d{2})(?:[.:](\d{1,6}))?Z$/.exec(text);
  if (!match) return undefined;
  const [, day = '', time = '', fraction = '0'] = match;
  const moment = Date.parse(`${day}T${time}Z`);
  // Date.parse takes the 30th of February for the 2nd of March.
  if (Number.isNaN(moment) || new Date(moment).toISOString().slice(0, 10) !== day) return undefined;
  return moment + Math.floor(Number(`0.${fraction}`) * 1000);
}

/** What is wrong with an `expires_on` that parseExpiry does not read. */
export function expiryFault(text: string): string {
  const formats = "['%Y-%m-%dT%H:%M:%SZ', '%Y-%m-%dT%H:%M:%S.%fZ', '%Y-%m-%dT%H:%M:%S:%fZ']";
  return `could not convert input value (${text}) into datetime using formats in ${formats}`;
}

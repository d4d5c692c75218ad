// With the u flag the class matches halves of pairs only.
const UNSTORABLE = /[\0\p{Surrogate}]/u;

/** Text that PostgreSQL can keep: what is no character (NUL, half a surrogate pair) becomes U+FFFD. */
export function storable(text: string): string {
  return UNSTORABLE.test(text) ? text.replace(new RegExp(UNSTORABLE, 'gu'), '\uFFFD') : text;
}

/** {@link storable} for a text that may be missing. */
export function storableOrNull(text: string | null): string | null {
  return text === null ? null : storable(text);
}

/** JSON text of a value, with {@link storable} names and texts. */
export function storableJson(value: unknown): string {
  const json = JSON.stringify(value ?? null);
  // Escapes are the only way in which such characters can be in JSON text; most values have none.
  if (!/\\u(?:0000|d[89a-f])/i.test(json)) return json;
  return JSON.stringify(JSON.parse(json, (_name, member: unknown) => cleaned(member)));
}

function cleaned(member: unknown): unknown {
  if (typeof member === 'string') return storable(member);
  if (typeof member !== 'object' || member === null || Array.isArray(member)) return member;
  return Object.fromEntries(Object.entries(member).map(([name, value]) => [storable(name), value as unknown]));
}

/**
 * Text forms of Python values. Messages of findings and problems contain them, and trigger ids are digests of messages,
 * so allowlists in the field depend on every byte.
 */

/** Longest text that a problem repeats from a bundle. */
const LONGEST_TEXT = 500;
/** How many items of a list or dict are shown, and how deep. */
const MOST_ITEMS = 100;
const DEEPEST = 6;

/** `repr` of a text: single quotes, double ones when it contains single and no double quotes. */
export function reprString(value: string): string {
  const quote = value.includes("'") && !value.includes('"') ? '"' : "'";
  let out = quote;
  for (const char of value) out += reprCharacter(char, quote);
  return out + quote;
}

function reprCharacter(char: string, quote: string): string {
  if (char === quote || char === '\\') return `\\${char}`;
  if (char === '\n') return '\\n';
  if (char === '\r') return '\\r';
  if (char === '\t') return '\\t';
  const code = char.codePointAt(0) ?? 0;
  if (code < 0x20 || code === 0x7f) return `\\x${code.toString(16).padStart(2, '0')}`;
  return char;
}

/** `repr` of a list of texts, `['a', 'b']`. */
export function reprList(values: readonly string[]): string {
  return `[${values.map(reprString).join(', ')}]`;
}

/** `repr` of a JSON value, cut where it is long or deep: for problems, not for messages that are digested. */
export function reprValue(value: unknown, depth = 0): string {
  if (value === null || value === undefined) return 'None';
  if (typeof value === 'string') return reprString(shorten(value));
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  if (typeof value === 'number') return String(value);
  if (typeof value !== 'object') return typeof value;
  if (depth >= DEEPEST) return '...';
  if (Array.isArray(value)) {
    const items = value.slice(0, MOST_ITEMS).map((item) => reprValue(item, depth + 1));
    return `[${[...items, ...(value.length > MOST_ITEMS ? ['...'] : [])].join(', ')}]`;
  }
  const pairs = Object.entries(value);
  const items = pairs.slice(0, MOST_ITEMS).map(([key, item]) => `${reprString(key)}: ${reprValue(item, depth + 1)}`);
  return `{${[...items, ...(pairs.length > MOST_ITEMS ? ['...'] : [])].join(', ')}}`;
}

/** A text of the bundle, cut to what fits into a problem. */
export function shorten(value: string): string {
  return value.length <= LONGEST_TEXT ? value : `${value.slice(0, LONGEST_TEXT)}...`;
}

/** `oct` of a file mode, `0o755`. */
export function oct(mode: number): string {
  return `0o${mode.toString(8)}`;
}

/** `str` of a float: `9.0`, `7.5`. */
export function floatText(value: number): string {
  return Number.isInteger(value) ? value.toFixed(1) : String(value);
}

/** `str` of a value that may be absent. */
export function textOrNone(value: string | number | null | undefined): string {
  return value === null || value === undefined ? 'None' : String(value);
}

/** Lines as `str.splitlines` sees the line ends of files: `\n`, `\r\n`, `\r`. */
export function splitLines(text: string): string[] {
  const lines = text.split(/\r\n|\n|\r/);
  if (lines.at(-1) === '') lines.pop();
  return lines;
}

import { RE2JS } from 're2js';
import { AnalysisError } from './errors.js';

/** A search pattern ready for use. Lines are bytes shown as latin1, so that byte classes mean bytes. */
export interface SearchPattern {
  /** MIME-style base64 of the whole entry: 76 characters a line, final newline. Policies and API answers use it as key. */
  readonly key: string;
  /** Lower-case texts that a matching line must contain. */
  readonly literals: readonly string[];
  /** Tells whether the line matches from its first character on (not necessarily to its end). */
  matches(line: string): boolean;
}

/**
 * Compiles one `NAME=regex` entry; without `=` the whole entry is the regex. Python syntax in so far as it can be
 * matched in linear time; besides that the form `A(?<![set])[set]{n,m}(?![set])B`, a run of exactly so many characters
 * that adjoins no further one. Throws AnalysisError `invalid_pattern` for everything else.
 */
export function compilePattern(entry: string): SearchPattern {
  const equals = entry.indexOf('=');
  const source = equals < 0 ? entry : entry.slice(equals + 1);
  const key = mimeBase64(entry);
  try {
    return { key, literals: requiredLiterals(source), matches: compileRun(source) ?? compilePlain(source) };
  } catch (error) {
    throw new AnalysisError(
      'invalid_pattern',
      `search pattern "${entry}" cannot be used: ${(error as Error).message}; correct it in analyzer_config.yaml ` +
        '(look-ahead, look-behind and back references are not available, but for a run of an exact length)',
      error,
    );
  }
}

/** Standard base64 with a newline after every 76 characters and at the end (RFC 2045, 6.8). */
export function mimeBase64(content: string | Buffer): string {
  const text = Buffer.from(content as string).toString('base64');
  return text === '' ? '' : text.replace(/.{76}(?=.)/g, '$&\n') + '\n';
}

function compilePlain(source: string): (line: string) => boolean {
  const pattern = RE2JS.compile(source);
  return (line) => pattern.matcher(line).lookingAt();
}

const RUN = /\(\?<!(\[(?:\\.|[^\]\\])+\])\)\1\{(\d+)(?:,(\d+))?\}\(\?!\1\)/;

/**
 * A line matches when it has a longest run of the set's characters with a length in the range, the part before the run
 * matches A as a whole and the part after it begins with B. Undefined when the pattern has not this form.
 */
function compileRun(source: string): ((line: string) => boolean) | undefined {
  const match = RUN.exec(source);
  if (!match) return undefined;
  const [whole, set = '', least = '0', most = least] = match;
  const flags = /^\(\?[a-z]+\)/.exec(source)?.[0] ?? '';
  const before = RE2JS.compile(source.slice(0, match.index));
  const after = RE2JS.compile(flags + source.slice(match.index + whole.length));
  const run = new RegExp(`${set}+`, flags.includes('i') ? 'gi' : 'g'); // one class repeated: linear in any engine
  return (line) => {
    for (const found of line.matchAll(run)) {
      const length = found[0].length;
      if (length < Number(least) || length > Number(most)) continue;
      if (!before.matcher(line.slice(0, found.index)).matches()) continue;
      if (after.matcher(line.slice(found.index + length)).lookingAt()) return true;
    }
    return false;
  };
}

/**
 * Texts that every match contains, in lower case: plain characters outside groups, classes and repetitions. Used to pass
 * over nearly all files without running an expression. Empty when the pattern has an alternative at its top level.
 */
export function requiredLiterals(source: string): string[] {
  const texts: string[] = [];
  let current = '';
  let depth = 0;
  const flush = () => {
    if (current.length > 2) texts.push(current.toLowerCase());
    current = '';
  };
  for (let i = 0; i < source.length; i += 1) {
    const c = source[i] ?? '';
    if (c === '\\') {
      i += 1;
      flush();
    } else if (c === '[') {
      i = endOfClass(source, i);
      flush();
    } else if (c === '(' || c === ')') {
      depth += c === '(' ? 1 : -1;
      flush();
    } else if (c === '|' && depth === 0) {
      return [];
    } else if ('?*{'.includes(c)) {
      current = current.slice(0, -1); // the character before may be absent
      flush();
      if (c === '{') i = Math.max(i, source.indexOf('}', i));
    } else if ('.^$+'.includes(c)) {
      flush();
    } else if (depth === 0 && c.charCodeAt(0) < 128) {
      current += c;
    } else {
      flush();
    }
  }
  flush();
  return texts;
}

function endOfClass(source: string, start: number): number {
  let i = start + 1;
  if (source[i] === '^') i += 1;
  if (source[i] === ']') i += 1;
  while (i < source.length && source[i] !== ']') i += source[i] === '\\' ? 2 : 1;
  return i;
}

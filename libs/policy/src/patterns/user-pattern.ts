import { RE2JS } from 're2js';

/** Longest regular expression, in characters. */
export const LONGEST_PATTERN = 4096;
/** Largest estimate of a compiled pattern; compiling one of this size takes about 0.1 s. */
const LARGEST_PROGRAM = 10_000;
/** Longest text that a pattern is applied to, in characters. */
const LONGEST_SUBJECT = 1024 * 1024;

/** A regular expression of a user cannot be used, or took more than its share; the message says why. */
export class UserPatternError extends Error {
  override readonly name = 'UserPatternError';
}

/** Texts up to this length are timed by samples, because the clock takes as long as they do. */
const SHORT_SUBJECT = 256;
/** Of so many short texts one is timed, and counts for all. */
const SAMPLE = 16;

/** Time that the patterns of one evaluation may use together, in milliseconds. */
export class PatternBudget {
  private spent = 0;
  private short = 0;

  constructor(private readonly limit = 20_000) {}

  /** Applies a pattern on account of the budget. Throws UserPatternError when the budget is used up. */
  matches(pattern: UserPattern, text: string): boolean {
    if (text.length > SHORT_SUBJECT) return this.timed(pattern, text, 1);
    this.short += 1;
    return this.short % SAMPLE === 1 ? this.timed(pattern, text, SAMPLE) : pattern.matches(text);
  }

  private timed(pattern: UserPattern, text: string, weight: number): boolean {
    if (this.spent > this.limit)
      throw new UserPatternError(`regular expressions took longer than ${this.limit / 1000} s; make them simpler`);
    const start = performance.now();
    try {
      return pattern.matches(text);
    } finally {
      this.spent += (performance.now() - start) * weight;
    }
  }
}

/**
 * A regular expression out of a bundle. Python's `re.match`: from the first character on, not necessarily to the last;
 * `^`, `$` and `.` know no lines. Matching is linear in the text (RE2), therefore look-ahead, look-behind and back
 * references do not exist.
 */
export class UserPattern {
  private constructor(
    readonly source: string,
    private readonly program: RE2JS,
  ) {}

  /** Throws UserPatternError when the pattern is invalid, too long or too large. */
  static compile(source: string): UserPattern {
    if (source.length > LONGEST_PATTERN)
      throw new UserPatternError(`the regular expression is longer than ${LONGEST_PATTERN} characters`);
    if (programEstimate(source) > LARGEST_PROGRAM)
      throw new UserPatternError('the regular expression repeats too much: lower the numbers in {}');
    try {
      return new UserPattern(source, RE2JS.compile(`\\A(?:${fromPython(source)})`));
    } catch (error) {
      throw new UserPatternError(
        `${(error as Error).message} (look-ahead, look-behind and back references are not available)`,
        { cause: error },
      );
    }
  }

  /** Throws UserPatternError when the text is longer than 1 MiB. */
  matches(text: string): boolean {
    if (text.length > LONGEST_SUBJECT)
      throw new UserPatternError(`a text of ${text.length} characters is too long for a regular expression`);
    return this.program.test(text);
  }
}

/**
 * Compiles the patterns of one bundle, each text once. What they may cost together is limited, so that a large bundle
 * cannot keep the process busy.
 */
export class PatternCompiler {
  private readonly compiled = new Map<string, UserPattern | UserPatternError>();
  private cost = 0;

  constructor(private readonly limit = 250_000) {}

  /** Throws UserPatternError like UserPattern.compile, and when the patterns of the bundle are too large together. */
  compile(source: string): UserPattern {
    const result = this.compiled.get(source) ?? this.attempt(source);
    this.compiled.set(source, result);
    if (result instanceof UserPatternError) throw result;
    return result;
  }

  private attempt(source: string): UserPattern | UserPatternError {
    const examined = source.slice(0, LONGEST_PATTERN);
    this.cost += examined.length + Math.min(programEstimate(examined), LARGEST_PROGRAM);
    if (this.cost > this.limit)
      return new UserPatternError('the regular expressions of the bundle are too large together');
    try {
      return UserPattern.compile(source);
    } catch (error) {
      if (error instanceof UserPatternError) return error;
      throw error;
    }
  }
}

/** What RE2 spells in another way than Python: the end of the text `\Z`, and `{,n}`. */
function fromPython(source: string): string {
  return source.replace(/\\[^]|\[\^?\]?(?:\\[^]|[^\]\\])*\]|\{,(\d+)\}/g, (token, most?: string) => {
    if (token === '\\Z') return '\\z';
    return most === undefined ? token : `{0,${most}}`;
  });
}

/** How large the compiled pattern will be, by its characters and counted repetitions. */
function programEstimate(source: string): number {
  const open: number[] = [];
  let total = 0;
  let last = 0;
  for (const [token, most] of tokens(source)) {
    if (token === '(') {
      open.push(total);
      total = 0;
      last = 0;
    } else if (token === ')') {
      last = total;
      total += open.pop() ?? 0;
    } else if (most !== undefined) {
      const repeated = last * Math.max(1, most);
      total += repeated - last;
      last = repeated;
    } else {
      last = 1;
      total += 1;
    }
  }
  return total + open.reduce((sum, size) => sum + size, 0);
}

function* tokens(source: string): Generator<[token: string, most?: number]> {
  const expression = /\\[^]|\[\^?\]?(?:\\[^]|[^\]\\])*\]|\{(\d*)(?:,(\d*))?\}|[^]/g;
  for (const match of source.matchAll(expression)) {
    const [token, least, most] = match;
    if (least === undefined) yield [token];
    else yield [token, Math.max(Number(least), Number(most ?? 0))];
  }
}

import type { SearchRules } from './rules.js';
import { compilePattern, type SearchPattern } from './search-patterns.js';

/**
 * Searches small files line by line: `secret_search` and `content_search`. A pattern matches from the start of a line;
 * lines are separated by newline bytes and counted from 0.
 */
export class LineSearch {
  private readonly patterns: readonly SearchPattern[];
  readonly maxFileSize: number;

  /** Throws AnalysisError `invalid_pattern`. */
  constructor(rules: SearchRules) {
    this.patterns = rules.patterns.map(compilePattern);
    this.maxFileSize = rules.maxFileSize;
  }

  /** Pattern key -> line numbers; undefined when nothing matches. `lower` is `text` in lower case. */
  search(text: string, lower: string): Record<string, number[]> | undefined {
    const candidates = this.patterns.filter((pattern) => pattern.literals.every((literal) => lower.includes(literal)));
    if (candidates.length === 0) return undefined;
    const found: Record<string, number[]> = {};
    for (const [number, line] of text.split('\n').entries()) {
      const lowerLine = line.toLowerCase();
      for (const pattern of candidates) {
        if (!pattern.literals.every((literal) => lowerLine.includes(literal)) || !pattern.matches(line)) continue;
        (found[pattern.key] ??= []).push(number);
      }
    }
    return Object.keys(found).length > 0 ? found : undefined;
  }
}

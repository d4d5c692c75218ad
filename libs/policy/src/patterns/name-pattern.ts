import type { PatternCompiler } from './user-pattern.js';

const RAW = 'regexp:';

/**
 * Pattern of mappings, image lists and allowlists (policy spec 3.2): `*` stands for any text, slashes and colons too;
 * all else is literal and case counts. After `regexp:` comes a regular expression that is matched from the start on.
 * Throws UserPatternError when that cannot be used.
 */
export function compileNamePattern(source: string, patterns: PatternCompiler): (text: string) => boolean {
  if (source.startsWith(RAW)) {
    const pattern = patterns.compile(source.slice(RAW.length));
    return (text) => pattern.matches(text);
  }
  if (!source.includes('*')) return (text) => text === source;
  const pieces = source.split('*');
  return (text) => matchesPieces(text, pieces);
}

/** True when the pattern has the raw form. */
export function isRawPattern(source: string): boolean {
  return source.startsWith(RAW);
}

function matchesPieces(text: string, pieces: readonly string[]): boolean {
  const first = pieces[0] ?? '';
  const last = pieces.at(-1) ?? '';
  if (!text.startsWith(first) || !text.endsWith(last)) return false;
  let position = first.length;
  for (const piece of pieces.slice(1, -1)) {
    const found = text.indexOf(piece, position);
    if (found < 0) return false;
    position = found + piece.length;
  }
  return position <= text.length - last.length; // first and last piece may not overlap
}

/** Facts of a gem specification; '' and [] for what it does not state. */
export interface GemSpec {
  name: string;
  version: string;
  homepage: string;
  files: string[];
  authors: string[];
  licenses: string[];
}

const ASSIGNMENT = /^[ \t]*\w+\.(name|version|homepage|files|authors?|licenses?)\s*=\s*/gm;

/** More assignments, or texts in one, say that the file is no specification. */
const MAX_ASSIGNMENTS = 100;
const MAX_ITEMS = 100_000;

/**
 * Reads the assignments of a specification as RubyGems writes it at installation (`Gem::Specification#to_ruby`), without
 * running it. Values that are computed are passed over. When name or version are among them, those of the file's name
 * count, which is `<name>-<version>[-<platform>].gemspec`.
 */
export function parseGemSpec(text: string, fileName: string): GemSpec {
  const spec: GemSpec = { name: '', version: '', homepage: '', files: [], authors: [], licenses: [] };
  let assignments = 0;
  for (const match of text.matchAll(ASSIGNMENT)) {
    if ((assignments += 1) > MAX_ASSIGNMENTS) break;
    const values = rubyTexts(text, match.index + match[0].length);
    const first = values[0] ?? '';
    switch (match[1]) {
      case 'name':
      case 'version':
      case 'homepage':
        spec[match[1]] ||= first;
        break;
      case 'files':
        spec.files = values;
        break;
      case 'author':
      case 'authors':
        spec.authors = values;
        break;
      default:
        spec.licenses = values;
    }
  }
  const named = /^(.+?)-(\d[^-]*)(?:-.*)?\.gemspec$/.exec(fileName);
  spec.name ||= named?.[1] ?? '';
  spec.version ||= named?.[2] ?? '';
  return spec;
}

/** The quoted texts of one value: a text, `Gem::Version.new("1")`, or a list in brackets; to the end of the line else. */
function rubyTexts(text: string, start: number): string[] {
  const found: string[] = [];
  const list = text[start] === '[';
  const token = /"((?:[^"\\]|\\[^])*)"|'((?:[^'\\]|\\[^])*)'|%q<([^>]*)>?|[\]\n]|[^"'%\]\n]+|%/y;
  token.lastIndex = start;
  for (let match = token.exec(text); match && found.length < MAX_ITEMS; match = token.exec(text)) {
    if (match[0] === ']' || (match[0] === '\n' && !list)) break;
    if (match[1] !== undefined) found.push(unescape(match[1]));
    else if (match[2] !== undefined || match[3] !== undefined)
      found.push((match[2] ?? match[3] ?? '').replace(/\\(['\\])/g, '$1'));
    if (match[1] === undefined && match[2] === undefined && match[3] === undefined) continue;
    if (!list) break;
  }
  return found;
}

function unescape(text: string): string {
  const simple: Record<string, string> = { n: '\n', t: '\t', r: '\r', e: '\x1b', s: ' ', 0: '\0' };
  return text.replace(
    /\\(?:u([0-9A-Fa-f]{4})|u\{([0-9A-Fa-f]{1,6})\}|x([0-9A-Fa-f]{2})|([^]))/g,
    (_, four, braced, two, one) => {
      const code = (four ?? braced ?? two) as string | undefined;
      if (code !== undefined)
        return Number.parseInt(code, 16) <= 0x10ffff ? String.fromCodePoint(Number.parseInt(code, 16)) : '';
      return simple[one as string] ?? (one as string);
    },
  );
}

/** One challenge of a WWW-Authenticate header, scheme and parameter names in lower case. */
export interface Challenge {
  scheme: string;
  parameters: Readonly<Record<string, string>>;
}

const TOKEN = /[!#$%&'*+.^_`|~0-9A-Za-z-]+/y;
const PARAMETER = /([!#$%&'*+.^_`|~0-9A-Za-z-]+)[ \t]*=[ \t]*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]+))/y;
const SEPARATOR = /[ \t,]*/y;

/**
 * Parses the challenges of a WWW-Authenticate header (RFC 9110, 11.6.1), several in one header included. What cannot be
 * read ends the parsing; what was read until then is returned.
 */
export function parseChallenges(header: string): Challenge[] {
  const challenges: { scheme: string; parameters: Record<string, string> }[] = [];
  let at = 0;
  const match = (pattern: RegExp): RegExpExecArray | null => {
    pattern.lastIndex = at;
    const found = pattern.exec(header);
    if (found) at = pattern.lastIndex;
    return found;
  };
  while (at < header.length) {
    match(SEPARATOR);
    const parameter = challenges.length > 0 ? match(PARAMETER) : null;
    if (parameter) {
      const [, name = '', quoted, plain = ''] = parameter;
      const last = challenges[challenges.length - 1];
      if (last) last.parameters[name.toLowerCase()] = quoted === undefined ? plain : quoted.replace(/\\(.)/g, '$1');
      continue;
    }
    const scheme = match(TOKEN);
    if (!scheme) break;
    challenges.push({ scheme: scheme[0].toLowerCase(), parameters: {} });
  }
  return challenges;
}

/**
 * A pattern of archive rules as a regular expression that PostgreSQL and JavaScript read alike: `*` stands for any text,
 * `?` for one character, `[abc]`, `[a-z]` and `[!abc]` for one of a set; everything else for itself. The whole text must
 * match. An empty pattern matches nothing.
 */
export function globPattern(glob: string): string {
  if (glob === '') return '^(?!)';
  let pattern = '^';
  for (let at = 0; at < glob.length; at += 1) {
    const character = glob.charAt(at);
    if (character === '*') {
      // Several in a row mean the same as one.
      if (!pattern.endsWith('.*')) pattern += '.*';
    } else if (character === '?') pattern += '.';
    else if (character === '[' && glob.indexOf(']', at + 2) > 0) {
      const end = glob.indexOf(']', at + 2);
      const negated = glob.charAt(at + 1) === '!';
      pattern += `[${negated ? '^' : ''}${classOf(glob.slice(at + (negated ? 2 : 1), end))}]`;
      at = end;
    } else pattern += literal(character);
  }
  return `${pattern}$`;
}

/** `a-z` stays a range; whatever else has a meaning inside of brackets is escaped. */
function classOf(members: string): string {
  const inside = members.replace(/[\\\]^[]/g, '\\$&');
  return /^-|-$/.test(inside) ? inside.replace(/^-|-$/g, '\\-') : inside;
}

/** Both languages take an escaped character that is no letter or digit for itself. */
function literal(character: string): string {
  return /[\x00-\x2f\x3a-\x40\x5b-\x60\x7b-\x7f]/.test(character) ? `\\${character}` : character;
}

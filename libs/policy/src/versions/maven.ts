import { compareDigits } from './dpkg.js';

/** Qualifiers in their order; unknown ones come after all of them. The empty one is the release. */
const QUALIFIERS = ['alpha', 'beta', 'milestone', 'rc', 'snapshot', '', 'sp'];
const RELEASE = QUALIFIERS.indexOf('');
const SAME: Readonly<Record<string, string>> = { cr: 'rc', ga: '', final: '', release: '' };
const SHORT: Readonly<Record<string, string>> = { a: 'alpha', b: 'beta', m: 'milestone' };

/** A number, a word, or what stands behind a hyphen. */
type Item = string | Item[];

/**
 * Orders two Maven versions (the Maven documentation's "version order specification"): negative, zero or positive.
 */
export function compareMaven(left: string, right: string): number {
  return compareLists(parse(left), parse(right));
}

function parse(version: string): Item[] {
  const tokens =
    version
      .trim()
      .toLowerCase()
      .slice(0, 500)
      .match(/\d+|[^\d.-]+|[.-]/g) ?? [];
  const root: Item[] = [];
  let list = root;
  const lists = [root];
  const nest = (): void => {
    const inner: Item[] = [];
    list.push(inner);
    lists.push((list = inner));
  };
  for (const [at, token] of tokens.entries()) {
    const before = tokens[at - 1];
    const wordMeetsNumber = before !== undefined && !/[.-]/.test(before) && !/[.-]/.test(token);
    if (token === '-' || wordMeetsNumber) nest();
    if (token === '.' || token === '-') continue;
    list.push(isNumber(token) ? token.replace(/^0+(?=\d)/, '') : word(token, isNumber(tokens[at + 1] ?? '')));
  }
  for (const inner of lists.reverse()) trim(inner);
  return root;
}

/** Zeros and release words at the end of a list, or before a list there, mean nothing. */
function trim(list: Item[]): void {
  for (let place = list.length - 1; place >= 0; place -= 1) {
    const item = list[place] as Item;
    if (isNothing(item)) list.splice(place, 1);
    else if (!Array.isArray(item)) return;
  }
}

function word(token: string, beforeNumber: boolean): string {
  const full = beforeNumber ? (SHORT[token] ?? token) : token;
  return Object.hasOwn(SAME, full) ? (SAME[full] ?? full) : full;
}

function isNumber(item: Item): boolean {
  return typeof item === 'string' && /^\d+$/.test(item);
}

function isNothing(item: Item): boolean {
  return item === '0' || item === '' || (Array.isArray(item) && item.length === 0);
}

function compareLists(a: readonly Item[], b: readonly Item[]): number {
  for (let i = 0; i < Math.max(a.length, b.length); i += 1) {
    const difference = compareItems(a[i], b[i]);
    if (difference !== 0) return difference;
  }
  return 0;
}

/** A missing item is a zero, a release or an empty list, whatever the other one is. */
function compareItems(a: Item | undefined, b: Item | undefined): number {
  if (a === undefined) return b === undefined ? 0 : -compareItems(b, undefined);
  if (isNumber(a)) {
    if (b === undefined) return a === '0' ? 0 : 1;
    return isNumber(b) ? compareDigits(a as string, b as string) : 1;
  }
  if (Array.isArray(a)) {
    if (b === undefined) return a.length === 0 ? 0 : compareItems(a[0], undefined);
    if (Array.isArray(b)) return compareLists(a, b);
    return isNumber(b) ? -1 : 1;
  }
  if (b === undefined) return compareWords(a, '');
  return typeof b === 'string' && !isNumber(b) ? compareWords(a, b) : -1;
}

function compareWords(a: string, b: string): number {
  const [left, right] = [rank(a), rank(b)];
  if (left !== right || left < QUALIFIERS.length) return left - right;
  return a < b ? -1 : a > b ? 1 : 0;
}

function rank(text: string): number {
  const place = QUALIFIERS.indexOf(text);
  return place < 0 ? QUALIFIERS.length : text === '' ? RELEASE : place;
}

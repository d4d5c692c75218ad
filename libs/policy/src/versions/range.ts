import { compareMaven } from './maven.js';
import { comparePep440 } from './pep440.js';
import { compareSemver } from './semver.js';

type Compare = (left: string, right: string) => number;

const BY_TYPE: Readonly<Record<string, Compare>> = { java: compareMaven, maven: compareMaven, python: comparePep440 };
/** Longer texts are no ranges. Characters. */
const MAX_LENGTH = 10_000;
const BOUND = /(>=|<=|==|!=|>|<|=|~|\^)?\s*([^\s,|<>=!~^]+)/g;
const ZERO = /^0(\.0){0,3}$/;

/**
 * Whether a version is inside a range such as `>=1.0 <1.2.3 || =2.0` (policy spec 7.6): one of the alternatives holds, and
 * all bounds of it do. `~` keeps the first two numbers, `^` the first that is not zero; `*` and `all` are any version. A
 * bound of zero is open: nothing is below it. A range without a bound has nothing inside.
 *
 * @param packageType `java`, `python`, `npm`, ...: says how versions are ordered
 */
export function isInRange(packageType: string, version: string, range: string): boolean {
  if (range.length > MAX_LENGTH) return false;
  const type = packageType.toLowerCase();
  const compare = Object.hasOwn(BY_TYPE, type) ? (BY_TYPE[type] ?? compareSemver) : compareSemver;
  return range.split('||').some((alternative) => {
    const text = alternative.trim();
    if (text === '*' || text.toLowerCase() === 'all') return true;
    const bounds = [...text.matchAll(BOUND)];
    return (
      bounds.length > 0 && bounds.every(([, operator = '=', bound = '']) => holds(compare, version, operator, bound))
    );
  });
}

function holds(compare: Compare, version: string, operator: string, bound: string): boolean {
  if (bound === '*') return true;
  if (ZERO.test(bound) && operator.startsWith('>')) return true;
  if (ZERO.test(bound) && operator === '<') return false;
  const difference = compare(version, bound);
  switch (operator) {
    case '>':
      return difference > 0;
    case '>=':
      return difference >= 0;
    case '<':
      return difference < 0;
    case '<=':
      return difference <= 0;
    case '!=':
      return difference !== 0;
    case '~':
    case '^':
      return difference >= 0 && compare(version, endOf(operator, bound)) < 0;
    default:
      return difference === 0;
  }
}

/** The first version that `~` or `^` of a bound leaves out. */
function endOf(operator: '~' | '^', bound: string): string {
  const numbers = /\d+(?:\.\d+)*/.exec(bound)?.[0].split('.') ?? ['0'];
  const significant = numbers.findIndex((number) => Number(number) !== 0);
  const last = operator === '~' ? Math.min(1, numbers.length - 1) : significant < 0 ? numbers.length - 1 : significant;
  return [...numbers.slice(0, last), String(BigInt(numbers[last] ?? '0') + 1n)].join('.');
}

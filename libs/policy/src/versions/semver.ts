import { compareDigits } from './dpkg.js';

/**
 * Orders two versions of npm, gem, nuget, Go and the like, as Semantic Versioning 2.0.0 (section 11) does, but with any
 * number of numbers, with or without a leading `v`, and with `1.2.rc1` as well as `1.2-rc1`: negative, zero or positive.
 */
export function compareSemver(left: string, right: string): number {
  const a = split(left);
  const b = split(right);
  for (let i = 0; i < Math.max(a.numbers.length, b.numbers.length); i += 1) {
    const difference = compareDigits(a.numbers[i] ?? '0', b.numbers[i] ?? '0');
    if (difference !== 0) return difference;
  }
  if (a.prerelease.length === 0 || b.prerelease.length === 0) return b.prerelease.length - a.prerelease.length;
  return comparePrereleases(a.prerelease, b.prerelease);
}

function split(version: string): { numbers: string[]; prerelease: string[] } {
  const [, numbers = '', rest = ''] = /^[vV=]?(\d+(?:\.\d+)*)?(.*)$/s.exec(version.trim()) ?? [];
  const prerelease = (rest.split('+', 1)[0] ?? '').match(/[0-9A-Za-z]+/g) ?? [];
  return { numbers: numbers === '' ? [] : numbers.split('.'), prerelease };
}

/** Numbers by value and before words; what goes on is newer. */
function comparePrereleases(a: readonly string[], b: readonly string[]): number {
  for (let i = 0; i < Math.max(a.length, b.length); i += 1) {
    const left = a[i];
    const right = b[i];
    if (left === undefined || right === undefined) return left === undefined ? -1 : 1;
    const difference = compareIdentifiers(left, right);
    if (difference !== 0) return difference;
  }
  return 0;
}

function compareIdentifiers(left: string, right: string): number {
  const number = /^\d+$/;
  if (number.test(left) && number.test(right)) return compareDigits(left, right);
  if (number.test(left) !== number.test(right)) return number.test(left) ? -1 : 1;
  return left < right ? -1 : left > right ? 1 : 0;
}

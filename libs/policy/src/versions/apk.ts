import { compareDigits } from './dpkg.js';

const SUFFIXES = ['alpha', 'beta', 'pre', 'rc', '', 'cvs', 'svn', 'git', 'hg', 'p'];
const RELEASE = SUFFIXES.indexOf('');

/**
 * Orders two Alpine versions, `1.2.3a_rc1-r4` (the format of APKBUILD's pkgver): negative, zero or positive.
 */
export function compareApk(left: string, right: string): number {
  const a = split(left);
  const b = split(right);
  return (
    compareNumbers(a.numbers, b.numbers) ||
    (a.letter < b.letter ? -1 : a.letter > b.letter ? 1 : 0) ||
    compareSuffixes(a.suffixes, b.suffixes) ||
    compareDigits(a.revision, b.revision)
  );
}

interface Parts {
  numbers: string[];
  letter: string;
  suffixes: { rank: number; digits: string }[];
  revision: string;
}

function split(version: string): Parts {
  const [, main = '', letter = '', suffixes = '', revision = '0'] =
    /^([\d.]*)([a-z]?)((?:_[a-z]+\d*)*)(?:~[\da-f]+)?(?:-r(\d+))?/.exec(version.trim()) ?? [];
  return {
    numbers: main.split('.').filter(Boolean),
    letter,
    suffixes: [...suffixes.matchAll(/_([a-z]+)(\d*)/g)].map(([, name = '', digits = '']) => ({
      rank: SUFFIXES.indexOf(name),
      digits,
    })),
    revision,
  };
}

/** The first number counts by value; a later one that begins with 0 like a fraction, `1.05` before `1.1`. */
function compareNumbers(a: readonly string[], b: readonly string[]): number {
  for (let i = 0; i < Math.max(a.length, b.length); i += 1) {
    const left = a[i];
    const right = b[i];
    if (left === undefined || right === undefined) return left === undefined ? -1 : 1;
    const fraction = i > 0 && (left.startsWith('0') || right.startsWith('0'));
    const difference = fraction ? (left < right ? -1 : left > right ? 1 : 0) : compareDigits(left, right);
    if (difference !== 0) return difference;
  }
  return 0;
}

function compareSuffixes(a: Parts['suffixes'], b: Parts['suffixes']): number {
  for (let i = 0; i < Math.max(a.length, b.length); i += 1) {
    const left = a[i] ?? { rank: RELEASE, digits: '' };
    const right = b[i] ?? { rank: RELEASE, digits: '' };
    const difference = left.rank - right.rank || compareDigits(left.digits, right.digits);
    if (difference !== 0) return difference;
  }
  return 0;
}

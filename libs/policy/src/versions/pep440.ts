import { compareDigits } from './dpkg.js';
import { compareSemver } from './semver.js';

const FORM =
  /^v?(?:(\d+)!)?(\d+(?:\.\d+)*)(?:[-_.]?(a|alpha|b|beta|c|rc|pre|preview)[-_.]?(\d*))?(?:-(\d+)|[-_.]?(?:post|rev|r)[-_.]?(\d*))?(?:[-_.]?dev[-_.]?(\d*))?(?:\+(.+))?$/;
const POST = /^[^+]*(?:-\d+|[-_.]?(?:post|rev|r(?!c))[-_.]?\d*)(?:[-_.]?dev[-_.]?\d*)?(?:\+.+)?$/;
const DEV = /dev[-_.]?\d*(?:\+.+)?$/;
const PHASES: Readonly<Record<string, number>> = { a: 0, alpha: 0, b: 1, beta: 1, c: 2, rc: 2, pre: 2, preview: 2 };
/** Where a release without alpha, beta or candidate stands among them; one in development is before all. */
const [DEVELOPMENT, RELEASE] = [-1, 3];

interface Version {
  epoch: string;
  release: string[];
  /** Phase, its number, post-release and development release; each missing one has a place too. */
  parts: readonly [phase: number, phaseNumber: string, post: string | undefined, dev: string | undefined];
  local: string | undefined;
}

/**
 * Orders two versions of Python packages (PEP 440): negative, zero or positive. When one does not have that form, both are
 * taken for versions of the kind of `compareSemver`.
 */
export function comparePep440(left: string, right: string): number {
  const a = parse(left);
  const b = parse(right);
  if (!a || !b) return compareSemver(left, right);
  return (
    compareDigits(a.epoch, b.epoch) ||
    compareReleases(a.release, b.release) ||
    compareParts(a, b) ||
    compareLocals(a, b)
  );
}

function parse(text: string): Version | undefined {
  const version = text.trim().toLowerCase();
  if (version.length > 200) return undefined;
  const match = FORM.exec(version);
  if (!match) return undefined;
  const [, epoch = '0', release = '0', phase, phaseNumber = '', dash, posted, dev, local] = match;
  const post = POST.test(version) ? (dash ?? posted ?? '') || '0' : undefined;
  const development = DEV.test(version) ? (dev ?? '') || '0' : undefined;
  const early = development !== undefined && post === undefined;
  const place = phase === undefined ? (early ? DEVELOPMENT : RELEASE) : (PHASES[phase] ?? RELEASE);
  return { epoch, release: release.split('.'), parts: [place, phaseNumber || '0', post, development], local };
}

function compareReleases(a: readonly string[], b: readonly string[]): number {
  for (let i = 0; i < Math.max(a.length, b.length); i += 1) {
    const difference = compareDigits(a[i] ?? '0', b[i] ?? '0');
    if (difference !== 0) return difference;
  }
  return 0;
}

function compareParts({ parts: a }: Version, { parts: b }: Version): number {
  return (
    a[0] - b[0] ||
    compareDigits(a[1], b[1]) ||
    compareOptional(a[2], b[2], -1) || // no post-release is before all of them
    compareOptional(a[3], b[3], 1) // no development release is after all of them
  );
}

function compareOptional(a: string | undefined, b: string | undefined, missing: number): number {
  if (a === undefined || b === undefined) return a === b ? 0 : a === undefined ? missing : -missing;
  return compareDigits(a, b);
}

function compareLocals({ local: a }: Version, { local: b }: Version): number {
  if (a === undefined || b === undefined) return a === b ? 0 : a === undefined ? -1 : 1;
  return compareSemver(a, b);
}

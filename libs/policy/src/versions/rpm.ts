import { compareDigits } from './dpkg.js';

/**
 * Orders two RPM versions, `epoch:version-release`, as rpmvercmp does with `~` and `^`: negative, zero or positive.
 * Epochs count only when both have one, because feeds often leave them out; so do releases.
 */
export function compareRpm(left: string, right: string): number {
  const a = split(left);
  const b = split(right);
  if (a.epoch !== undefined && b.epoch !== undefined && a.epoch !== b.epoch) return a.epoch - b.epoch;
  const versions = compareSegments(a.version, b.version);
  if (versions !== 0 || a.release === undefined || b.release === undefined) return versions;
  return compareSegments(a.release, b.release);
}

function split(version: string): { epoch: number | undefined; version: string; release: string | undefined } {
  const [, epoch, rest = ''] = /^(?:(\d+):)?(.*)$/s.exec(version.trim()) ?? [];
  const dash = rest.lastIndexOf('-');
  return {
    epoch: epoch === undefined ? undefined : Number(epoch),
    version: dash < 0 ? rest : rest.slice(0, dash),
    release: dash < 0 ? undefined : rest.slice(dash + 1),
  };
}

/** Digits, letters, `~` and `^`; all other characters only separate. */
function compareSegments(left: string, right: string): number {
  const a = left.match(/\d+|[A-Za-z]+|[~^]/g) ?? [];
  const b = right.match(/\d+|[A-Za-z]+|[~^]/g) ?? [];
  for (let i = 0; i < Math.max(a.length, b.length); i += 1) {
    const difference = compareSegment(a[i], b[i]);
    if (difference !== 0) return difference;
  }
  return 0;
}

function compareSegment(a: string | undefined, b: string | undefined): number {
  if (a === b) return 0;
  if (a === '~' || b === '~') return a === '~' ? -1 : 1;
  if (a === '^' || b === '^') {
    if (a === undefined || b === undefined) return a === undefined ? -1 : 1; // 1.0^post is newer than 1.0
    return a === '^' ? -1 : 1; // and older than 1.0.1
  }
  if (a === undefined || b === undefined) return a === undefined ? -1 : 1;
  const digitsA = /^\d/.test(a);
  const digitsB = /^\d/.test(b);
  if (digitsA && digitsB) return compareDigits(a, b);
  if (digitsA || digitsB) return digitsA ? 1 : -1;
  return a < b ? -1 : 1;
}

/**
 * Orders two Debian versions, `epoch:upstream-revision` (deb-version(7)): negative, zero or positive. A missing revision
 * is 0. Epochs count only when both have one, because feeds often leave them out.
 */
export function compareDpkg(left: string, right: string): number {
  const a = split(left);
  const b = split(right);
  if (a.epoch !== undefined && b.epoch !== undefined && a.epoch !== b.epoch) return a.epoch - b.epoch;
  return compareParts(a.upstream, b.upstream) || compareParts(a.revision, b.revision);
}

function split(version: string): { epoch: number | undefined; upstream: string; revision: string } {
  const [, epoch, rest = ''] = /^(?:(\d+):)?(.*)$/s.exec(version.trim()) ?? [];
  const dash = rest.lastIndexOf('-');
  return {
    epoch: epoch === undefined ? undefined : Number(epoch),
    upstream: dash < 0 ? rest : rest.slice(0, dash),
    revision: dash < 0 ? '0' : rest.slice(dash + 1),
  };
}

function compareParts(left: string, right: string): number {
  let a = left;
  let b = right;
  while (a !== '' || b !== '') {
    const [, textA = '', digitsA = '', restA = ''] = /^(\D*)(\d*)(.*)$/s.exec(a) ?? [];
    const [, textB = '', digitsB = '', restB = ''] = /^(\D*)(\d*)(.*)$/s.exec(b) ?? [];
    const difference = compareText(textA, textB) || compareDigits(digitsA, digitsB);
    if (difference !== 0) return difference;
    a = restA;
    b = restB;
  }
  return 0;
}

/** `~` sorts before the end, letters before all else. */
function compareText(a: string, b: string): number {
  for (let i = 0; i < Math.max(a.length, b.length); i += 1) {
    const difference = weight(a[i]) - weight(b[i]);
    if (difference !== 0) return difference;
  }
  return 0;
}

function weight(char: string | undefined): number {
  if (char === '~') return -1;
  if (char === undefined) return 0;
  return /[A-Za-z]/.test(char) ? char.charCodeAt(0) : char.charCodeAt(0) + 256;
}

/** Orders two runs of digits of any length by value. */
export function compareDigits(left: string, right: string): number {
  const a = left.replace(/^0+/, '');
  const b = right.replace(/^0+/, '');
  return a.length - b.length || (a < b ? -1 : a > b ? 1 : 0);
}

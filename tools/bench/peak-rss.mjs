import { readFileSync } from 'node:fs';

/**
 * Most memory that this program had resident, MiB. On Linux from its high water mark, since `ru_maxrss` lives through
 * `exec`: a child of a large process would begin with the peak of its parent.
 */
export function peakRssMb() {
  if (process.platform !== 'linux') return process.resourceUsage().maxRSS / 1024;
  return Number(/^VmHWM:\s+(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8'))[1]) / 1024;
}

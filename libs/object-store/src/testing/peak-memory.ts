import { readFileSync } from 'node:fs';

/**
 * Most memory that this program had resident, MiB.
 *
 * Linux counts `ru_maxrss` from before `exec`: a child of a large process starts with the peak of its parent. The high
 * water mark of /proc belongs to the program alone; other systems have only the former.
 */
export function peakRssMb(): number {
  const kilobytes =
    process.platform === 'linux'
      ? Number(/^VmHWM:\s+(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1])
      : process.resourceUsage().maxRSS;
  return Math.round(kilobytes / 1024);
}

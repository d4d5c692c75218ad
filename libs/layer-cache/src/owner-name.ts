import { randomBytes } from 'node:crypto';
import { readlinkSync } from 'node:fs';
import { hostname } from 'node:os';

/** An owner that gave no sign of life for this long is gone, wherever it ran. Milliseconds. */
export const SILENT_MS = 60_000;

/**
 * A name for this process that no other one has: host, process id space, process id, chance. Containers may have equal host
 * names and process ids, so process ids say something within one process id space only.
 */
export function newOwnerName(): string {
  return [place(), process.pid, randomBytes(6).toString('hex')].join('_');
}

/** True when the owner cannot be at work any more. `lastSign` is the time of its last sign of life, milliseconds. */
export function isGone(owner: string, lastSign: number): boolean {
  const [, host, pid] = /^(.*)_(\d+)_[0-9a-f]+$/.exec(owner) ?? [];
  if (host === place() && pid !== undefined && !isRunning(Number(pid))) return true;
  return Date.now() - lastSign > SILENT_MS;
}

function place(): string {
  return `${hostname().replace(/[^A-Za-z0-9-]/g, '-')}-${processIdSpace()}`;
}

function processIdSpace(): string {
  try {
    return readlinkSync('/proc/self/ns/pid').replace(/\D/g, '');
  } catch {
    return '0'; // not Linux: one space for all
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

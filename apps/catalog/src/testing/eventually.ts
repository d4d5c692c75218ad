import { setTimeout as sleep } from 'node:timers/promises';

const ATTEMPTS = 600;

/** Looks again and again until the check is true. @throws Error after half a minute or more. */
export async function eventually(what: string, check: () => Promise<boolean>): Promise<void> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    if (await check()) return;
    await sleep(50);
  }
  throw new Error(`it did not come true: ${what}`);
}

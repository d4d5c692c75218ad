import { setTimeout as sleep } from 'node:timers/promises';
import { ImageError } from '../image-source.js';

const FIRST_DELAY_MS = 200;

/**
 * Tries again after a retryable {@link ImageError}, at most `attempts` times in all, waiting about 0.2, 0.8, 3.2 ...
 * seconds with jitter.
 */
export async function withRetries<T>(
  attempts: number,
  signal: AbortSignal | undefined,
  run: () => Promise<T>,
): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await run();
    } catch (error) {
      if (!(error instanceof ImageError) || !error.retryable || attempt >= attempts) throw error;
      await pause(FIRST_DELAY_MS * 4 ** (attempt - 1) * (0.5 + Math.random()), signal);
    }
  }
}

async function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
  try {
    await sleep(ms, undefined, { signal });
  } catch (error) {
    throw new ImageError('aborted', 'aborted while waiting to try again', error);
  }
}

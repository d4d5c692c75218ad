import { ApiError } from '@kedge/client';
import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible';

/** Wrong passwords a user name gets in {@link WINDOW_SECONDS} before further unproven ones are refused unlooked at. */
export const MAX_FAILURES = 30;
const WINDOW_SECONDS = 60;

/**
 * Counts wrong passwords by user name, in this process: each costs a quarter of a second of hashing, so guessing would
 * also be a way to keep a service busy. Passwords that were right before are not held up by the guesses of others.
 */
export class FailedLogins {
  private readonly limiter = new RateLimiterMemory({ points: MAX_FAILURES, duration: WINDOW_SECONDS });

  /** @throws ApiError 429 when the name has failed too often */
  async check(username: string): Promise<void> {
    const used = await this.limiter.get(username);
    if (used && used.consumedPoints >= MAX_FAILURES) throw tooMany(used.msBeforeNext);
  }

  /** Counts a wrong password. */
  async add(username: string): Promise<void> {
    try {
      await this.limiter.consume(username);
    } catch (error) {
      if (!(error instanceof RateLimiterRes)) throw error; // its way to say that no points are left
    }
  }
}

function tooMany(milliseconds: number): ApiError {
  return new ApiError(
    429,
    `too many wrong passwords for this user; try again in ${Math.ceil(milliseconds / 1000)} seconds`,
  );
}

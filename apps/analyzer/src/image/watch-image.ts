import type { SqlConnection } from '@kedge/database';

const LOOK_MS = 2_000;

/** The image was deleted while it was being analysed. */
export class ImageGoneError extends Error {
  override readonly name = 'ImageGoneError';
}

/** Another analysis of the image was asked for while this one was under way; its job follows. */
export class SupersededError extends Error {
  override readonly name = 'SupersededError';
}

/**
 * A signal that fires with {@link ImageGoneError} within seconds after the image was deleted. A look that fails is repeated
 * with the next one: an unreachable database ends the analysis elsewhere.
 */
export function watchImage(
  sql: Pick<SqlConnection, 'query'>,
  account: string,
  digest: string,
): { signal: AbortSignal; stop: () => void } {
  const gone = new AbortController();
  let looking = false;
  const look = async (): Promise<void> => {
    if (looking) return;
    looking = true;
    try {
      const rows = await sql.query(
        `SELECT 1 FROM catalog_image WHERE "userId" = $1 AND "imageDigest" = $2 AND image_status = 'active'`,
        [account, digest],
      );
      if (rows.length === 0) gone.abort(new ImageGoneError(`image ${digest} was deleted`));
    } finally {
      looking = false;
    }
  };
  const timer = setInterval(() => void look().catch(() => undefined), LOOK_MS);
  return { signal: gone.signal, stop: () => clearInterval(timer) };
}

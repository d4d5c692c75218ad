import type { Sql } from '@kedge/database';
import type { PolicyEvaluation } from '@kedge/policy';
import { createHash } from 'node:crypto';
import { promisify } from 'node:util';
import { zstdCompress, zstdDecompress } from 'node:zlib';

const compress = promisify(zstdCompress);
const decompress = promisify(zstdDecompress);

/** Nothing larger is cached or read. Bytes of JSON. */
const MAX_RESULT = 64 * 1024 * 1024;
/** Rows that one statement of the sweep deletes. */
const SWEEP_ROWS = 1000;

/** What an evaluation depends on beside the clock. */
export interface CacheKey {
  /** Row of `policy_image`; another one whenever the image is indexed again. */
  image: string;
  tag: string | null;
  bundleId: string;
  bundleDigest: Buffer;
  /** Version of Kedge, state of the packages database, image that the tag named before, version of the feeds. */
  environment: readonly string[];
}

/** `notfound`: never asked; `invalid`: asked with another bundle of this id; `stale`: the clock has overtaken it. */
export type CacheMiss = 'notfound' | 'invalid' | 'stale';

/** Evaluations that were made before, one for each image, tag, bundle id and environment (policy spec 8). */
export class EvaluationCache {
  constructor(private readonly sql: Sql) {}

  /** The evaluation, without its bundle, or why there is none. */
  async find(key: CacheKey, now: Date): Promise<Omit<PolicyEvaluation, 'bundle'> | CacheMiss> {
    const [row] = await this.sql.query<{ bundle_digest: Buffer; result: Buffer | null }>(
      `SELECT bundle_digest,
         CASE WHEN bundle_digest = $4 AND valid_until > $3 THEN result END AS result
       FROM policy_evaluation_cache WHERE image = $1 AND subject = $2`,
      [key.image, subject(key), now, key.bundleDigest],
    );
    if (!row) return 'notfound';
    if (!row.bundle_digest.equals(key.bundleDigest)) return 'invalid';
    if (!row.result) return 'stale';
    const json = await decompress(row.result, { maxOutputLength: MAX_RESULT });
    return JSON.parse(json.toString()) as Omit<PolicyEvaluation, 'bundle'>;
  }

  /** Keeps an evaluation until the given moment in place of the one before. Does nothing when the image is gone. */
  async keep(key: CacheKey, evaluation: PolicyEvaluation, validUntil: Date): Promise<void> {
    const { bundle: _bundle, ...result } = evaluation;
    const json = Buffer.from(JSON.stringify(result));
    if (json.length > MAX_RESULT) return;
    await this.sql.query(
      `INSERT INTO policy_evaluation_cache (image, subject, bundle_digest, result, valid_until)
       SELECT id, $2, $3, $4, $5 FROM policy_image WHERE id = $1 FOR KEY SHARE
       ON CONFLICT (image, subject) DO UPDATE SET bundle_digest = excluded.bundle_digest, result = excluded.result,
         valid_until = excluded.valid_until, created_at = now()`,
      [key.image, subject(key), key.bundleDigest, await compress(json), validUntil],
    );
  }

  /** Deletes what the clock has overtaken. */
  async sweep(now: Date): Promise<void> {
    for (;;) {
      const rows = await this.sql.query(
        `DELETE FROM policy_evaluation_cache WHERE (image, subject) IN
           (SELECT image, subject FROM policy_evaluation_cache WHERE valid_until <= $1 LIMIT $2)
         RETURNING 1`,
        [now, SWEEP_ROWS],
      );
      if (rows.length < SWEEP_ROWS) return;
    }
  }
}

function subject({ tag, bundleId, environment }: CacheKey): Buffer {
  return createHash('sha256')
    .update(JSON.stringify([tag, bundleId, environment]))
    .digest();
}

import type { Sql } from '@kedge/database';
import { parsePullString } from '@kedge/policy';
import type { ImageRow } from './image-row.js';

/** The indexed image that a tag named before another one. */
export interface PreviousImage {
  /** Row of `policy_image`. */
  id: string;
  packageIds: string[];
}

/** Undefined when the tag never named this image, or none that is indexed before it. */
export async function findPreviousImage(
  sql: Pick<Sql, 'query'>,
  image: Pick<ImageRow, 'account' | 'digest'>,
  pullString: string,
): Promise<PreviousImage | undefined> {
  const { registry, repository, tag } = parsePullString(pullString);
  if (tag === null) return undefined;
  const [former] = await sql.query<{ id: string; package_ids: string[] }>(
    `SELECT i.id, i.package_ids FROM catalog_image_docker t
       JOIN policy_image i ON i.account = t."userId" AND i.digest = t."imageDigest"
     WHERE t."userId" = $1 AND t.registry = $2 AND t.repo = $3 AND t.tag = $4 AND t."imageDigest" <> $5
       AND t.tag_detected_at <= (SELECT max(own.tag_detected_at) FROM catalog_image_docker own
         WHERE own."userId" = $1 AND own.registry = $2 AND own.repo = $3 AND own.tag = $4 AND own."imageDigest" = $5)
     ORDER BY t.tag_detected_at DESC LIMIT 1`,
    [image.account, registry, repository, tag, image.digest],
  );
  return former && { id: former.id, packageIds: former.package_ids };
}

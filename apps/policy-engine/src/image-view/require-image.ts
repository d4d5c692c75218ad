import type { Sql } from '@kedge/database';
import { ApiError } from '@kedge/service';
import { findImage, type ImageRow } from './image-row.js';

/**
 * The indexed image.
 *
 * @throws ApiError 404 `Image not found`; of an image that the catalog has and that is not indexed yet, 404 with its state.
 */
export async function requireImage(
  sql: Pick<Sql, 'query'>,
  image: { account: string; imageId: string; imageDigest?: string | undefined },
  packageDb: boolean,
): Promise<ImageRow> {
  const { account, imageId, imageDigest } = image;
  const row = await findImage(sql, { account, imageId, digest: imageDigest }, packageDb);
  if (row) return row;
  const [waiting] = await sql.query<{ imageDigest: string; status: string; error: string | null }>(
    `SELECT i."imageDigest", analysis_status AS status, analysis_error AS error FROM catalog_image i
     WHERE i."userId" = $1 AND image_status = 'active' AND CASE WHEN $3::varchar IS NOT NULL THEN i."imageDigest" = $3
       ELSE i."imageDigest" IN (SELECT "imageDigest" FROM catalog_image_docker WHERE "userId" = $1 AND "imageId" = $2) END
     ORDER BY i.created_at DESC LIMIT 1`,
    [account, imageId, imageDigest ?? null],
  );
  if (!waiting) throw new ApiError(404, 'Image not found');
  const reason = waiting.error === null ? '' : `: ${waiting.error}`;
  throw new ApiError(404, `Image ${waiting.imageDigest} is not analyzed yet (${waiting.status})${reason}`, {
    error_codes: [],
    analysis_status: waiting.status,
  });
}

import type { ImageSummary } from '@kedge/analysis';
import type { SqlConnection } from '@kedge/database';
import type { ImageRecord } from '../image/image-record.js';

/**
 * Writes what the catalog shows of the image: the summary, and the Dockerfile with each of its tags. Call it in the
 * transaction that sends the next job.
 *
 * @returns `gone` when the image was deleted meanwhile, `superseded` when a new analysis of it was asked for; nothing is
 *   written then
 */
export async function writeSummary(
  tx: Pick<SqlConnection, 'query'>,
  { account, digest, wanted }: ImageRecord,
  summary: ImageSummary,
  dockerfile: string,
): Promise<'written' | 'gone' | 'superseded'> {
  const rows = await tx.query(
    `UPDATE catalog_image
        SET distro = $3, distro_version = $4, layer_count = $5, arch = $6, image_size = $7, dockerfile_mode = $8,
            analysis_made = $9, analysis_error = NULL, last_updated = extract(epoch FROM now())::integer
      WHERE "userId" = $1 AND "imageDigest" = $2 AND image_status = 'active' AND analysis_wanted = $9 RETURNING 1`,
    [
      account,
      digest,
      summary.distro,
      summary.distro_version,
      summary.layer_count,
      summary.arch,
      summary.image_size,
      summary.dockerfile_mode,
      wanted,
    ],
  );
  if (rows.length === 0) return (await isActive(tx, account, digest)) ? 'superseded' : 'gone';
  await tx.query(
    `UPDATE catalog_image_docker SET dockerfile = $3, last_updated = extract(epoch FROM now())::integer
      WHERE "userId" = $1 AND "imageDigest" = $2`,
    [account, digest, Buffer.from(dockerfile).toString('base64')],
  );
  return 'written';
}

async function isActive(tx: Pick<SqlConnection, 'query'>, account: string, digest: string): Promise<boolean> {
  const rows = await tx.query(
    `SELECT 1 FROM catalog_image WHERE "userId" = $1 AND "imageDigest" = $2 AND image_status = 'active'`,
    [account, digest],
  );
  return rows.length > 0;
}

import type { SqlConnection } from '@kedge/database';
import { z } from 'zod';

const text = z.string().nullish();
const seconds = z.coerce.number().int().nullish();

const tagSchema = z.looseObject({
  registry: z.string(),
  repo: z.string(),
  tag: z.string(),
  imageId: text,
  dockerfile: text,
  tag_detected_at: seconds,
  created_at: seconds,
  last_updated: seconds,
});

/**
 * An image's row with its tag rows, by column names: what a bundle keeps as `image_record`, as text of JSON. The old
 * system writes more keys, which are ignored.
 */
export const imageRecordSchema = z.looseObject({
  imageDigest: z.string(),
  parentDigest: text,
  image_type: text,
  arch: text,
  distro: text,
  distro_version: text,
  dockerfile_mode: text,
  image_size: z.coerce.number().int().nullish(),
  layer_count: z.coerce.number().int().nullish(),
  annotations: text,
  analysis_status: text,
  image_status: text,
  source_location: text,
  created_at: seconds,
  last_updated: seconds,
  analyzed_at: seconds,
  image_detail: z.array(tagSchema).max(10_000),
});

export type ImageRecord = z.output<typeof imageRecordSchema>;

/** Reads an image of the working set. Undefined when the account has none with that digest or parent digest. */
export async function loadImageRecord(
  sql: Pick<SqlConnection, 'query'>,
  account: string,
  digest: string,
): Promise<ImageRecord | undefined> {
  const [row] = await sql.query<{ record: unknown }>(
    `SELECT to_jsonb(i) || jsonb_build_object('image_detail', coalesce(
        (SELECT jsonb_agg(to_jsonb(t) ORDER BY t.tag_detected_at DESC, t.registry, t.repo, t.tag)
           FROM catalog_image_docker t WHERE t."imageDigest" = i."imageDigest" AND t."userId" = i."userId"),
        '[]'::jsonb)) AS record
       FROM catalog_image i
      WHERE i."userId" = $1 AND (i."imageDigest" = $2 OR i."parentDigest" = $2)
      ORDER BY (i."imageDigest" = $2) DESC, i.created_at DESC LIMIT 1`,
    [account, digest],
  );
  return row && imageRecordSchema.parse(row.record);
}

/**
 * Puts an image back into the working set, in state `analyzing`: its documents are there, the index is not yet.
 *
 * @returns false when the account has that image already; then nothing was changed.
 */
export async function insertImageRecord(
  sql: Pick<SqlConnection, 'query'>,
  account: string,
  record: ImageRecord,
  now: number,
): Promise<boolean> {
  const inserted = await sql.query(
    `INSERT INTO catalog_image ("imageDigest", "userId", "parentDigest", image_type, arch, distro, distro_version,
        dockerfile_mode, image_size, layer_count, annotations, analysis_status, image_status, source_location,
        created_at, last_updated, analyzed_at)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, 'analyzing', 'active', $12, $13, $14, $15)
     ON CONFLICT DO NOTHING RETURNING 1`,
    [
      record.imageDigest,
      account,
      record.parentDigest ?? record.imageDigest,
      record.image_type ?? 'docker',
      record.arch ?? null,
      record.distro ?? null,
      record.distro_version ?? null,
      record.dockerfile_mode ?? null,
      record.image_size ?? null,
      record.layer_count ?? null,
      record.annotations ?? null,
      record.source_location ?? null,
      record.created_at ?? now,
      now,
      record.analyzed_at ?? null,
    ],
  );
  if (inserted.length === 0) return false;
  await sql.query(
    `INSERT INTO catalog_image_docker ("imageDigest", "userId", registry, repo, tag, digest, "imageId", dockerfile,
        tag_detected_at, created_at, last_updated)
     SELECT $1, $2, t.registry, t.repo, t.tag, $1, coalesce(t."imageId", ''), t.dockerfile,
            coalesce(t.tag_detected_at, $4), coalesce(t.created_at, $4), $4
       FROM jsonb_to_recordset($3::jsonb) AS t(registry varchar, repo varchar, tag varchar, "imageId" varchar,
            dockerfile text, tag_detected_at integer, created_at integer)
     ON CONFLICT DO NOTHING`,
    [record.imageDigest, account, JSON.stringify(record.image_detail), now],
  );
  return true;
}

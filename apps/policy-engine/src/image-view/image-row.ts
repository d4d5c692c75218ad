import type { Sql } from '@kedge/database';
import type { PackageDbState } from '@kedge/policy';

/** An image as it was when it was looked up. */
export interface ImageRow {
  id: string;
  account: string;
  digest: string;
  imageId: string;
  size: number;
  distroName: string | null;
  distroVersion: string | null;
  likeDistro: string | null;
  architecture: string | null;
  os: string | null;
  layerCount: number;
  dockerfileMode: string | null;
  dockerfileContents: string | null;
  packageIds: string[];
  /** Empty when `packageDbState` is not `loaded`. */
  contentIds: string[];
  /** Undefined: the image has no file data. */
  fileBlockIds: string[] | undefined;
  packageDbState: PackageDbState;
  indexedAt: Date;
}

/**
 * The image of an account by its id, by its digest or, when several manifests have one config, by both; the one indexed
 * last when the digest is not given. Undefined when the policy engine does not know it.
 *
 * @param packageDb the effective `enable_package_db_load`
 */
export async function findImage(
  sql: Pick<Sql, 'query'>,
  image: { account: string } & (
    { imageId: string; digest?: string | undefined } | { imageId?: undefined; digest: string }
  ),
  packageDb: boolean,
): Promise<ImageRow | undefined> {
  // Contents may be gone although the image lists them: an operator may empty their table at any time.
  const [row] = await sql.query<Record<string, unknown>>(
    `SELECT id, account, digest, image_id, size, distro_name, distro_version, like_distro, architecture, os, layer_count,
       dockerfile_mode, dockerfile_contents, package_ids, content_ids, file_block_ids, indexed_at,
       content_ids IS NOT NULL AND cardinality(content_ids) =
         (SELECT count(*) FROM package_content c WHERE c.id = ANY(i.content_ids)) AS loaded
     FROM policy_image i
     WHERE account = $1 AND ($2::varchar IS NULL OR image_id = $2) AND ($3::varchar IS NULL OR digest = $3)
     ORDER BY indexed_at DESC LIMIT 1`,
    [image.account, image.imageId ?? null, image.digest ?? null],
  );
  return row && toImageRow(row, packageDb);
}

function toImageRow(row: Record<string, unknown>, packageDb: boolean): ImageRow {
  const text = (name: string) => row[name] as string | null;
  const packageDbState = !packageDb ? 'disabled' : row['loaded'] === true ? 'loaded' : 'not_loaded';
  return {
    id: row['id'] as string,
    account: row['account'] as string,
    digest: row['digest'] as string,
    imageId: row['image_id'] as string,
    size: Number(row['size']),
    distroName: text('distro_name'),
    distroVersion: text('distro_version'),
    likeDistro: text('like_distro'),
    architecture: text('architecture'),
    os: text('os'),
    layerCount: row['layer_count'] as number,
    dockerfileMode: text('dockerfile_mode'),
    dockerfileContents: text('dockerfile_contents'),
    packageIds: row['package_ids'] as string[],
    contentIds: packageDbState === 'loaded' ? (row['content_ids'] as string[]) : [],
    fileBlockIds: (row['file_block_ids'] as string[] | null) ?? undefined,
    packageDbState,
    indexedAt: row['indexed_at'] as Date,
  };
}

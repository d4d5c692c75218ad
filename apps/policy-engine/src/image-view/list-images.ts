import type { Sql } from '@kedge/database';

/** An indexed image in lists. */
export interface ListedImage {
  id: string;
  digest: string;
  distro_name: string | null;
  distro_version: string | null;
  /** Whether the packages database of the image is there for `packages.verify`. */
  package_db_loaded: boolean;
  file_count: number;
  package_count: number;
  indexed_at: Date;
}

/** Indexed images of an account by digest, behind `after`. */
export async function listImages(
  sql: Pick<Sql, 'query'>,
  account: string,
  page: { after: string; limit: number },
): Promise<ListedImage[]> {
  return sql.query<ListedImage>(
    `SELECT image_id AS id, digest, distro_name, distro_version, content_ids IS NOT NULL AS package_db_loaded, file_count,
       cardinality(package_ids) AS package_count, indexed_at
     FROM policy_image WHERE account = $1 AND digest > $2 ORDER BY digest LIMIT $3`,
    [account, page.after, page.limit],
  );
}

/** Images of an account that have a package, with the packages that match. */
export interface PackageMatch {
  imageId: string;
  imageDigest: string;
  packages: { name: string; version: string; type: string }[];
}

/** Images by package name and, if given, version (with or without release) and type; by digest, at most `limit`. */
export async function imagesByPackage(
  sql: Pick<Sql, 'query'>,
  account: string,
  wanted: { name: string; version?: string | undefined; type?: string | undefined },
  limit: number,
): Promise<PackageMatch[]> {
  return sql.query<PackageMatch>(
    `WITH matching AS (
       SELECT id, name, type,
         CASE WHEN release IN ('', 'N/A') THEN version ELSE version || '-' || release END AS full_version
       FROM image_package WHERE name = $2 AND ($4::text IS NULL OR lower(type) = lower($4))
         AND ($3::text IS NULL OR $3 IN (version, version || '-' || release)))
     SELECT i.image_id AS "imageId", i.digest AS "imageDigest",
       (SELECT json_agg(json_build_object('name', m.name, 'version', m.full_version, 'type', m.type)
          ORDER BY m.full_version, m.type) FROM matching m WHERE m.id = ANY(i.package_ids)) AS packages
     FROM policy_image i
     WHERE account = $1 AND package_ids && (SELECT array_agg(id) FROM matching) ORDER BY digest LIMIT $5`,
    [account, wanted.name, wanted.version ?? null, wanted.type ?? null, limit],
  );
}

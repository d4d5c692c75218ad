import type { Sql } from '@kedge/database';

export interface PurgeResult {
  /** Package contents that were deleted. */
  contents: number;
  /** Bytes of disk that came free. */
  bytes: number;
  /** Images that must be loaded again before `packages.verify` can judge them. */
  images: number;
}

/** A running policy engine still loads the packages database. */
export class PackageDatabaseInUse extends Error {
  override readonly name = 'PackageDatabaseInUse';
}

/** Heartbeats older than this belong to a service that is gone. Seconds. */
const SILENT_SECONDS = 300;

/**
 * Empties the packages database and notes for every image that it is not loaded (policy spec 1.9). The space comes free at
 * once, because the table is truncated.
 *
 * @throws PackageDatabaseInUse while a policy engine reports `enable_package_db_load: true`
 */
export async function purgePackageContents(sql: Sql): Promise<PurgeResult> {
  return sql.transaction(async (tx) => {
    const using = await tx.query<{ hostid: string }>(
      `SELECT hostid FROM services WHERE servicename = 'policy_engine' AND status
         AND heartbeat > extract(epoch FROM now()) - $1
         AND (short_description::jsonb #> '{detail,enable_package_db_load}') = 'true'`,
      [SILENT_SECONDS],
    );
    if (using.length > 0) {
      const hosts = using.map(({ hostid }) => hostid).join(', ');
      throw new PackageDatabaseInUse(
        `enable_package_db_load is true at the policy engine on ${hosts}; set it to false, restart, and try again`,
      );
    }
    await tx.query('LOCK TABLE policy_image, package_content IN ACCESS EXCLUSIVE MODE');
    const [size] = await tx.query<{ contents: string; bytes: string }>(
      `SELECT (SELECT count(*) FROM package_content) AS contents, pg_total_relation_size('package_content') AS bytes`,
    );
    const images = await tx.query(
      'UPDATE policy_image SET content_ids = NULL WHERE content_ids IS NOT NULL RETURNING 1',
    );
    await tx.query('TRUNCATE package_content');
    return { contents: Number(size?.contents), bytes: Number(size?.bytes), images: images.length };
  });
}

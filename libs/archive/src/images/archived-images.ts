import type { Sql, SqlConnection } from '@kedge/database';
import type { ArchivedImage, ArchivedStatus, ArchivedTag, ArchiveSummary } from './archived-image.js';
import type { ImageRecord } from './image-record.js';

/** A process that says nothing for so long has given up archiving an image, in seconds. */
const LEASE_SECONDS = 60;

interface Row {
  account: string;
  imageDigest: string;
  parentDigest: string | null;
  status: ArchivedStatus;
  annotations: unknown;
  analyzed_at: number | null;
  created_at: number;
  last_updated: number;
  archive_size_bytes: string | null;
  manifest_bucket: string | null;
  manifest_key: string | null;
  tags: ArchivedTag[];
}

const SELECT = `
  SELECT i.account, i."imageDigest", i."parentDigest", i.status, i.annotations, i.analyzed_at, i.created_at,
         i.last_updated, i.archive_size_bytes, i.manifest_bucket, i.manifest_key, coalesce(
           (SELECT jsonb_agg(jsonb_build_object('registry', t.registry, 'repository', t.repository, 'tag', t.tag,
                     'imageId', t."imageId", 'detectedAt', t.tag_detected_at, 'createdAt', t.created_at,
                     'lastUpdated', t.last_updated) ORDER BY t.tag_detected_at DESC, t.registry, t.repository, t.tag)
              FROM catalog_archived_images_docker t
             WHERE t.account = i.account AND t."imageDigest" = i."imageDigest"), '[]'::jsonb) AS tags
    FROM catalog_archived_images i`;

/** The tables of archived images. Changes of state are single compare-and-set statements. */
export class ArchivedImages {
  constructor(private readonly sql: Sql) {}

  /** By digest, else by the digest of the manifest list that led to it. */
  async find(account: string, digest: string): Promise<ArchivedImage | undefined> {
    const [row] = await this.sql.query<Row>(
      `${SELECT} WHERE i.account = $1 AND (i."imageDigest" = $2 OR i."parentDigest" = $2)
       ORDER BY (i."imageDigest" = $2) DESC, i.created_at DESC LIMIT 1`,
      [account, digest],
    );
    return row && fromRow(row);
  }

  /** Newest first; those behind `after`. */
  async page(
    account: string,
    options: { after?: { createdAt: number; imageDigest: string }; limit: number },
  ): Promise<ArchivedImage[]> {
    const { after, limit } = options;
    const rows = await this.sql.query<Row>(
      `${SELECT} WHERE i.account = $1
          AND ($2::integer IS NULL OR (i.created_at, i."imageDigest") < ($2::integer, $3::varchar))
       ORDER BY i.created_at DESC, i."imageDigest" DESC LIMIT $4`,
      [account, after?.createdAt ?? null, after?.imageDigest ?? null, limit],
    );
    return rows.map(fromRow);
  }

  async summary(account: string): Promise<ArchiveSummary> {
    const [row] = await this.sql.query<{ images: number; tags: number; bytes: string; updated: number | null }>(
      `SELECT count(*)::integer AS images, coalesce(sum(archive_size_bytes), 0)::bigint AS bytes,
              max(last_updated) AS updated,
              (SELECT count(*)::integer FROM catalog_archived_images_docker WHERE account = $1) AS tags
         FROM catalog_archived_images WHERE account = $1`,
      [account],
    );
    return {
      images: row?.images ?? 0,
      tags: row?.tags ?? 0,
      bytes: Number(row?.bytes ?? 0),
      lastUpdated: row?.updated ?? null,
    };
  }

  /**
   * Claims an image for archiving under `token`: a new row, or one that a process left in `archiving`.
   *
   * @returns false when it is archived, being deleted, or another process is at it.
   */
  async claim(account: string, record: ImageRecord, token: string): Promise<boolean> {
    return this.sql.transaction(async (tx) => {
      const now = epochSeconds();
      const claimed = await tx.query(
        `INSERT INTO catalog_archived_images (account, "imageDigest", "parentDigest", image_record_created_at,
            image_record_last_updated, analyzed_at, status, annotations, created_at, last_updated, record_state_val)
         VALUES ($1, $2, $3, $4, $5, $6, 'archiving', $7, $8, $8, $9)
         ON CONFLICT (account, "imageDigest") DO UPDATE SET record_state_val = excluded.record_state_val,
            last_updated = excluded.last_updated
          WHERE catalog_archived_images.status = 'archiving'
            AND catalog_archived_images.last_updated < excluded.last_updated - ${LEASE_SECONDS}
         RETURNING 1`,
        [
          account,
          record.imageDigest,
          record.parentDigest ?? null,
          record.created_at ?? null,
          record.last_updated ?? null,
          record.analyzed_at ?? null,
          // The old system keeps JSON text inside of the JSON column.
          JSON.stringify(record.annotations ?? '{}'),
          now,
          token,
        ],
      );
      if (claimed.length === 0) return false;
      await insertTags(tx, account, record, now);
      return true;
    });
  }

  /** Keeps a claim alive; false when it was lost to another process. */
  async renew(account: string, imageDigest: string, token: string): Promise<boolean> {
    const rows = await this.sql.query(
      `UPDATE catalog_archived_images SET last_updated = $4
        WHERE account = $1 AND "imageDigest" = $2 AND status = 'archiving' AND record_state_val = $3 RETURNING 1`,
      [account, imageDigest, token, epochSeconds()],
    );
    return rows.length === 1;
  }

  /** `archiving` -> `archived`; false when the claim was lost to another process. */
  async finish(
    account: string,
    imageDigest: string,
    token: string,
    bundle: { bucket: string; key: string; bytes: number },
  ): Promise<boolean> {
    const rows = await this.sql.query(
      `UPDATE catalog_archived_images SET status = 'archived', manifest_bucket = $4, manifest_key = $5,
          archive_size_bytes = $6, last_updated = $7, record_state_val = NULL
        WHERE account = $1 AND "imageDigest" = $2 AND status = 'archiving' AND record_state_val = $3 RETURNING 1`,
      [account, imageDigest, token, bundle.bucket, bundle.key, bundle.bytes, epochSeconds()],
    );
    return rows.length === 1;
  }

  /** Gives a claim up; the row goes. False when the claim was lost to another process. */
  async abandon(account: string, imageDigest: string, token: string): Promise<boolean> {
    const rows = await this.sql.query(
      `DELETE FROM catalog_archived_images
        WHERE account = $1 AND "imageDigest" = $2 AND status = 'archiving' AND record_state_val = $3 RETURNING 1`,
      [account, imageDigest, token],
    );
    return rows.length === 1;
  }

  /**
   * Marks an image for deletion. One that is being archived is only taken by force or when its process gave up.
   *
   * @returns false when it is being archived.
   */
  async markDeleting(account: string, imageDigest: string, force: boolean): Promise<boolean> {
    const rows = await this.sql.query(
      `UPDATE catalog_archived_images SET status = 'deleting', last_updated = $4, record_state_val = NULL
        WHERE account = $1 AND "imageDigest" = $2
          AND (status <> 'archiving' OR $3 OR last_updated < $4 - ${LEASE_SECONDS}) RETURNING 1`,
      [account, imageDigest, force, epochSeconds()],
    );
    return rows.length === 1;
  }

  /** Removes an image that is marked for deletion, with its tags. */
  async remove(account: string, imageDigest: string): Promise<void> {
    await this.sql.query(
      `DELETE FROM catalog_archived_images WHERE account = $1 AND "imageDigest" = $2 AND status = 'deleting'`,
      [account, imageDigest],
    );
  }
}

function insertTags(tx: SqlConnection, account: string, record: ImageRecord, now: number) {
  return tx.query(
    `INSERT INTO catalog_archived_images_docker (account, "imageDigest", registry, repository, tag, "imageId",
        tag_detected_at, created_at, last_updated)
     SELECT $1, $2, t.registry, t.repo, t.tag, t."imageId", t.tag_detected_at, $4, $4
       FROM jsonb_to_recordset($3::jsonb)
         AS t(registry varchar, repo varchar, tag varchar, "imageId" varchar, tag_detected_at integer)
     ON CONFLICT DO NOTHING`,
    [account, record.imageDigest, JSON.stringify(record.image_detail), now],
  );
}

export function epochSeconds(): number {
  return Math.floor(Date.now() / 1000);
}

function fromRow(row: Row): ArchivedImage {
  const { manifest_bucket: bucket, manifest_key: key, archive_size_bytes: bytes } = row;
  return {
    account: row.account,
    imageDigest: row.imageDigest,
    parentDigest: row.parentDigest,
    status: row.status,
    annotations: annotationsOf(row.annotations),
    analyzedAt: row.analyzed_at,
    createdAt: row.created_at,
    lastUpdated: row.last_updated,
    bundleBytes: bytes === null ? null : Number(bytes),
    bundle: bucket !== null && key !== null ? { bucket, key } : null,
    tags: row.tags,
  };
}

/** JSON text inside of JSON, as the old system keeps it, or a plain map. */
function annotationsOf(stored: unknown): Record<string, unknown> {
  let value = stored;
  if (typeof stored === 'string') {
    try {
      value = JSON.parse(stored);
    } catch {
      return {}; // written by somebody else; annotations are not worth failing a list
    }
  }
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}

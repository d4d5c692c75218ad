import type { SqlConnection } from '@kedge/database';
import type { ResolvedImage } from '@kedge/registry';
import { ApiError, jobKey, SERVICE_CONTEXT, type ServiceContext } from '@kedge/service';
import { Inject, Injectable } from '@nestjs/common';
import { epochSeconds } from '../wire/timestamp.js';
import type { TagName } from './add-request.js';
import { ImageDocuments } from './image-documents.js';
import { newestOfTag, type ImageStatus } from './image-records.js';
import { ImageRemover } from './image-remover.js';
import { mergeAnnotations } from './image-view.js';

/** A resolved image and how it is to be filed. */
export interface ImageToAdd {
  image: ResolvedImage;
  tag: TagName;
  annotations: Record<string, unknown>;
  /** Base64. */
  dockerfile?: string | undefined;
  /** Seconds since 1970, for the history of tags. Default: now. */
  createdAt?: number | undefined;
  /** Of an image on disk; null for one of a registry. */
  sourceLocation: string | null;
}

/** How adding an image changed what was known. */
export interface Added {
  imageDigest: string;
  /** An analysis was ordered. */
  queued: boolean;
  /** The image was analysed already and has a tag that it did not have. */
  newTagOfAnalyzed: boolean;
}

interface ImageRow {
  analysis_status: string;
  image_status: ImageStatus;
  annotations: string | null;
  dockerfile_mode: string | null;
}

const ATTEMPTS = 5;

/**
 * Files resolved images (api spec 4.4). An account has a digest once: what is known gets its new tag and annotations, and
 * is analysed again only by force or after a failure. Row, tag and job are one transaction.
 */
@Injectable()
export class ImageAdder {
  constructor(
    @Inject(SERVICE_CONTEXT) private readonly context: ServiceContext,
    private readonly documents: ImageDocuments,
    private readonly remover: ImageRemover,
  ) {}

  /** @throws ApiError 400 for a Dockerfile of a known image without `force` */
  async add(account: string, toAdd: ImageToAdd, force: boolean): Promise<Added> {
    const { image } = toAdd;
    const key = { account, imageDigest: image.digest };
    for (let attempt = 1; attempt <= ATTEMPTS; attempt += 1) {
      const known = await this.find(account, image.digest);
      if (known?.image_status === 'deleting') {
        await this.remover.finish(account, image.digest);
        continue;
      }
      if (known && force) {
        // What is under way would finish the image with what it read before.
        await this.context.jobs.cancel('analyze-image', jobKey(key));
        await this.context.jobs.cancel('index-image', jobKey(key));
      }
      if (!known || force || known.analysis_status === 'analysis_failed') {
        await this.documents.putManifests(account, image);
      }
      const added = await this.context.sql.transaction((tx) => this.write(tx, account, toAdd, force));
      if (!added) continue;
      await this.documents.completeManifests(account, image);
      if (!known) await this.context.jobs.cancel('forget-image', jobKey(key)); // of the image's former life
      return added;
    }
    throw new ApiError(503, `image ${image.digest} is being deleted; try again`);
  }

  /** Undefined when the image turns out to be on its way out. */
  private async write(
    tx: SqlConnection,
    account: string,
    toAdd: ImageToAdd,
    force: boolean,
  ): Promise<Added | undefined> {
    const imageDigest = toAdd.image.digest;
    const isNew = await insertImage(tx, account, toAdd);
    const row = isNew ? undefined : await lockImage(tx, account, imageDigest);
    if (!isNew && row?.image_status !== 'active') return undefined;
    if (row && toAdd.dockerfile !== undefined && !force) {
      throw new ApiError(400, `image ${imageDigest} is known already; its Dockerfile is only replaced with force=true`);
    }
    const again = row !== undefined && (force || row.analysis_status === 'analysis_failed');
    if (row) await updateImage(tx, account, toAdd, row, { again, force });
    const isNewTag = await fileTag(tx, account, toAdd);
    if (isNew || again) await this.context.jobs.send('analyze-image', { account, imageDigest }, { sql: tx });
    return {
      imageDigest,
      queued: isNew || again,
      newTagOfAnalyzed: isNewTag && !again && row?.analysis_status === 'analyzed',
    };
  }

  private async find(account: string, imageDigest: string): Promise<ImageRow | undefined> {
    const [row] = await this.context.sql.query<ImageRow>(
      `SELECT analysis_status, image_status, annotations, dockerfile_mode FROM catalog_image
        WHERE "userId" = $1 AND "imageDigest" = $2`,
      [account, imageDigest],
    );
    return row;
  }
}

async function insertImage(tx: SqlConnection, account: string, toAdd: ImageToAdd): Promise<boolean> {
  const { image, annotations, dockerfile, createdAt, sourceLocation } = toAdd;
  const now = epochSeconds();
  const rows = await tx.query(
    `INSERT INTO catalog_image ("imageDigest", "userId", "parentDigest", annotations, dockerfile_mode, source_location,
        created_at, last_updated) VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT DO NOTHING RETURNING 1`,
    [
      image.digest,
      account,
      image.parentDigest,
      mergeAnnotations(null, annotations),
      dockerfile === undefined ? null : 'Actual',
      sourceLocation,
      createdAt ?? now,
      now,
    ],
  );
  return rows.length === 1;
}

async function lockImage(tx: SqlConnection, account: string, imageDigest: string): Promise<ImageRow | undefined> {
  const [row] = await tx.query<ImageRow>(
    `SELECT analysis_status, image_status, annotations, dockerfile_mode FROM catalog_image
      WHERE "userId" = $1 AND "imageDigest" = $2 FOR UPDATE`,
    [account, imageDigest],
  );
  return row;
}

async function updateImage(
  tx: SqlConnection,
  account: string,
  { image, annotations, dockerfile, createdAt, sourceLocation }: ImageToAdd,
  row: ImageRow,
  { again, force }: { again: boolean; force: boolean },
): Promise<void> {
  // An image that was found through a list before stays findable by it when it is added by itself.
  const parentDigest = image.parentDigest === image.digest ? null : image.parentDigest;
  await tx.query(
    `UPDATE catalog_image SET annotations = $3, last_updated = $4, "parentDigest" = coalesce($5, "parentDigest"),
        dockerfile_mode = CASE WHEN $6 THEN 'Actual' ELSE dockerfile_mode END,
        created_at = CASE WHEN $7::integer IS NULL OR NOT $8 THEN created_at ELSE $7::integer END,
        analysis_status = CASE WHEN $9 THEN 'not_analyzed' ELSE analysis_status END,
        analysis_error = CASE WHEN $9 THEN NULL ELSE analysis_error END,
        analysis_wanted = CASE WHEN $9 THEN analysis_wanted + 1 ELSE analysis_wanted END,
        source_location = CASE WHEN $9 THEN $10 ELSE source_location END
      WHERE "userId" = $1 AND "imageDigest" = $2`,
    [
      account,
      image.digest,
      mergeAnnotations(row.annotations, annotations),
      epochSeconds(),
      parentDigest,
      dockerfile !== undefined,
      createdAt ?? null,
      force,
      again,
      sourceLocation,
    ],
  );
  if (dockerfile !== undefined && row.dockerfile_mode !== 'Actual') {
    // What stands with the image's other tags was guessed and must not pass for the user's own.
    await tx.query(`UPDATE catalog_image_docker SET dockerfile = NULL WHERE "userId" = $1 AND "imageDigest" = $2`, [
      account,
      image.digest,
    ]);
  }
}

/**
 * Notes that the tag points to the image. A tag that moves keeps its history: the row with the newest `tag_detected_at` is
 * where it points now, so coming back to an image renews that image's row. Adds of one tag take turns.
 *
 * @returns true when the image did not have the tag.
 */
async function fileTag(tx: SqlConnection, account: string, toAdd: ImageToAdd): Promise<boolean> {
  const { image, tag, dockerfile, createdAt } = toAdd;
  const name = [account, tag.registry, tag.repo, tag.tag];
  await tx.query(`SELECT pg_advisory_xact_lock(hashtextextended($1, 0))`, [`tag:${JSON.stringify(name)}`]);
  const newest = await newestOfTag(tx, account, tag);
  const now = epochSeconds();
  const stays = newest?.imageDigest === image.digest;
  const detectedAt = createdAt ?? (stays ? null : Math.max(now, (newest?.tag_detected_at ?? 0) + 1));
  const rows = await tx.query<{ created: boolean }>(
    `INSERT INTO catalog_image_docker ("imageDigest", "userId", registry, repo, tag, digest, "imageId", dockerfile,
        tag_detected_at, created_at, last_updated)
     VALUES ($1, $2, $3, $4, $5, $1, $6, $7, coalesce($8, $9::integer), coalesce($10, $9::integer), $9)
     ON CONFLICT ("imageDigest", "userId", registry, repo, tag) DO UPDATE SET "imageId" = excluded."imageId",
        dockerfile = coalesce(excluded.dockerfile, catalog_image_docker.dockerfile),
        tag_detected_at = coalesce($8::integer, catalog_image_docker.tag_detected_at),
        last_updated = excluded.last_updated
     RETURNING xmax = 0 AS created`,
    [
      image.digest,
      account,
      tag.registry,
      tag.repo,
      tag.tag,
      image.imageId,
      dockerfile ?? null,
      detectedAt,
      now,
      createdAt ?? null,
    ],
  );
  return rows[0]?.created ?? false;
}

import type { AnalysisStatus, SqlConnection } from '@kedge/database';
import { ApiError, SERVICE_CONTEXT, type ServiceContext } from '@kedge/service';
import { Inject, Injectable } from '@nestjs/common';
import type { TagName } from './add-request.js';

/** That a tag points, or pointed, to an image. Times are seconds since 1970. */
export interface TagRecord extends TagName {
  imageId: string;
  /** Base64. */
  dockerfile: string | null;
  tag_detected_at: number;
  created_at: number;
  last_updated: number;
}

/** An image with all its tags, newest first. Times are seconds since 1970. */
export interface ImageRecord {
  imageDigest: string;
  userId: string;
  parentDigest: string | null;
  image_type: string;
  arch: string | null;
  distro: string | null;
  distro_version: string | null;
  dockerfile_mode: string | null;
  image_size: number | null;
  layer_count: number | null;
  /** JSON text. */
  annotations: string | null;
  analysis_status: AnalysisStatus;
  analysis_error: string | null;
  image_status: ImageStatus;
  created_at: number;
  last_updated: number;
  analyzed_at: number | null;
  image_detail: TagRecord[];
}

export type ImageStatus = 'active' | 'deleting';

export interface ImageFilter {
  imageStatus: ImageStatus[];
  analysisStatus?: AnalysisStatus | undefined;
}

const SELECT = `
  SELECT to_jsonb(i) || jsonb_build_object('image_detail', coalesce(
      (SELECT jsonb_agg(to_jsonb(t) ORDER BY t.tag_detected_at DESC, t.registry, t.repo, t.tag)
         FROM catalog_image_docker t WHERE t."imageDigest" = i."imageDigest" AND t."userId" = i."userId"),
      '[]'::jsonb)) AS image
    FROM catalog_image i`;
const PAGE = 200;
const MAX_HISTORY = 1000;

/** Reads images. */
@Injectable()
export class ImageRecords {
  constructor(@Inject(SERVICE_CONTEXT) private readonly context: ServiceContext) {}

  /** By the digest of the image, else of the manifest list that led to it; then the newest. */
  async find(account: string, digest: string): Promise<ImageRecord | undefined> {
    // The first question is answered by the primary key; few clients ask by the list's digest.
    const [image] = await this.query(`${SELECT} WHERE i."userId" = $1 AND i."imageDigest" = $2`, [account, digest]);
    if (image) return image;
    const [child] = await this.query(
      `${SELECT} WHERE i."userId" = $1 AND i."parentDigest" = $2
       ORDER BY i.created_at DESC, i."imageDigest" LIMIT 1`,
      [account, digest],
    );
    return child;
  }

  /** @throws ApiError 404 */
  async get(account: string, digest: string): Promise<ImageRecord> {
    return found(await this.find(account, digest));
  }

  /** By image id, 64 hex characters; the newest. */
  async findById(account: string, imageId: string): Promise<ImageRecord | undefined> {
    const [image] = await this.query(
      `${SELECT} WHERE i."userId" = $1 AND EXISTS (SELECT 1 FROM catalog_image_docker d
          WHERE d."userId" = $1 AND d."imageId" = $2 AND d."imageDigest" = i."imageDigest")
       ORDER BY (i.image_status = 'active') DESC, i.created_at DESC, i."imageDigest" LIMIT 1`,
      [account, imageId.toLowerCase()],
    );
    return image;
  }

  /** @throws ApiError 404 */
  async getById(account: string, imageId: string): Promise<ImageRecord> {
    return found(await this.findById(account, imageId));
  }

  /** Images to which a tag points or pointed, by when; at most 1000. Without `history` the newest one alone. */
  byTag(account: string, tag: TagName, options: ImageFilter & { history: boolean }): Promise<ImageRecord[]> {
    return this.query(
      `${SELECT} JOIN catalog_image_docker d ON d."imageDigest" = i."imageDigest" AND d."userId" = i."userId"
       WHERE d."userId" = $1 AND d.registry = $2 AND d.repo = ANY($3::varchar[]) AND d.tag = $4
         AND i.image_status = ANY($5::varchar[]) AND ($6::varchar IS NULL OR i.analysis_status = $6)
       ORDER BY d.tag_detected_at DESC, d.created_at DESC, i."imageDigest" LIMIT $7`,
      [
        account,
        tag.registry,
        spellings(tag),
        tag.tag,
        options.imageStatus,
        options.analysisStatus ?? null,
        options.history ? MAX_HISTORY : 1,
      ],
    );
  }

  /** Those of these images that are there, in no order. */
  async byDigests(account: string, digests: readonly string[]): Promise<ImageRecord[]> {
    if (digests.length === 0) return [];
    return this.query(`${SELECT} WHERE i."userId" = $1 AND i."imageDigest" = ANY($2::varchar[])`, [account, digests]);
  }

  /** All images, newest first, read page by page. */
  async *all(account: string, filter: ImageFilter): AsyncGenerator<ImageRecord> {
    let after: ImageRecord | undefined;
    for (;;) {
      const page: ImageRecord[] = await this.query(
        `${SELECT} WHERE i."userId" = $1 AND i.image_status = ANY($2::varchar[])
           AND ($3::varchar IS NULL OR i.analysis_status = $3)
           AND ($4::integer IS NULL OR (i.created_at, i."imageDigest") < ($4::integer, $5::varchar))
         ORDER BY i.created_at DESC, i."imageDigest" DESC LIMIT ${PAGE}`,
        [
          account,
          filter.imageStatus,
          filter.analysisStatus ?? null,
          after?.created_at ?? null,
          after?.imageDigest ?? null,
        ],
      );
      yield* page;
      after = page.at(-1);
      if (page.length < PAGE) return;
    }
  }

  private async query(sql: string, parameters: unknown[]): Promise<ImageRecord[]> {
    const rows = await this.context.sql.query<{ image: ImageRecord }>(sql, parameters);
    return rows.map((row) => row.image);
  }
}

/** The tag that is the newest of its name. Of equally new ones the row that came last. */
export async function newestOfTag(
  sql: Pick<SqlConnection, 'query'>,
  account: string,
  { registry, repo, tag }: TagName,
): Promise<{ imageDigest: string; tag_detected_at: number } | undefined> {
  const [row] = await sql.query<{ imageDigest: string; tag_detected_at: number }>(
    `SELECT "imageDigest", tag_detected_at FROM catalog_image_docker
      WHERE "userId" = $1 AND registry = $2 AND repo = $3 AND tag = $4
      ORDER BY tag_detected_at DESC, created_at DESC, "imageDigest" LIMIT 1`,
    [account, registry, repo, tag],
  );
  return row;
}

/** `registry/repository:tag` */
export function fullTag({ registry, repo, tag }: TagName): string {
  return `${registry}/${repo}:${tag}`;
}

/** Tags are stored as they were written; on docker.io `library/x` and `x` are the same repository. */
function spellings({ registry, repo }: TagName): string[] {
  if (registry !== 'docker.io') return [repo];
  if (!repo.includes('/')) return [repo, `library/${repo}`];
  return /^library\/[^/]+$/.test(repo) ? [repo, repo.slice('library/'.length)] : [repo];
}

function found(image: ImageRecord | undefined): ImageRecord {
  if (!image) throw new ApiError(404, 'image data not found in DB');
  return image;
}

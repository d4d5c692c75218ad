import type { SqlConnection } from '@kedge/database';

/** Tags read; an image with more than that is read through its newest ones. */
const MAX_TAGS = 1000;

/** One tag of the image, as the catalog keeps it. */
export interface ImageTag {
  registry: string;
  repo: string;
  tag: string;
  /** Base64, as the user gave it or as an earlier analysis guessed it. */
  dockerfile: string | null;
}

/** What the catalog knows of an image that is to be analysed. */
export interface ImageRecord {
  account: string;
  /** `sha256:<hex>` of the platform's manifest. */
  digest: string;
  /** Where a local image lies, in the spelling of `openImageSource`; null for one of a registry. */
  sourceLocation: string | null;
  dockerfileMode: string | null;
  annotations: Record<string, unknown>;
  /** Which analysis this one is, of all that were asked for. */
  wanted: number;
  /** Newest first. */
  tags: ImageTag[];
}

interface ImageRow {
  source_location: string | null;
  dockerfile_mode: string | null;
  annotations: string | null;
  analysis_wanted: number;
}

/** Undefined when there is no such image or it is being deleted. */
export async function readImage(
  sql: Pick<SqlConnection, 'query'>,
  account: string,
  digest: string,
): Promise<ImageRecord | undefined> {
  const [row] = await sql.query<ImageRow>(
    `SELECT source_location, dockerfile_mode, annotations, analysis_wanted FROM catalog_image
      WHERE "userId" = $1 AND "imageDigest" = $2 AND image_status = 'active'`,
    [account, digest],
  );
  if (!row) return undefined;
  const tags = await sql.query<ImageTag>(
    `SELECT registry, repo, tag, dockerfile FROM catalog_image_docker
      WHERE "userId" = $1 AND "imageDigest" = $2
      ORDER BY tag_detected_at DESC, registry, repo, tag LIMIT ${MAX_TAGS}`,
    [account, digest],
  );
  return {
    account,
    digest,
    sourceLocation: row.source_location,
    dockerfileMode: row.dockerfile_mode,
    annotations: parseAnnotations(row.annotations),
    wanted: row.analysis_wanted,
    tags,
  };
}

/** `registry/repository:tag` */
export function fullTag({ registry, repo, tag }: ImageTag): string {
  return `${registry}/${repo}:${tag}`;
}

/**
 * The Dockerfile that the user gave, as text. What an earlier analysis guessed is stored in the same place and is told by
 * the image's mode, so that analysing again does not turn a guess into a fact.
 */
export function userDockerfile({ dockerfileMode, tags }: ImageRecord): string | undefined {
  if (dockerfileMode === 'Guessed') return undefined;
  const stored = tags.find(({ dockerfile }) => dockerfile)?.dockerfile;
  return stored ? Buffer.from(stored, 'base64').toString('utf8') : undefined;
}

function parseAnnotations(text: string | null): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text ?? '{}');
    return value !== null && typeof value === 'object' ? (value as Record<string, unknown>) : {};
  } catch {
    return {}; // only repeated in events; the catalog shows the column as it is
  }
}

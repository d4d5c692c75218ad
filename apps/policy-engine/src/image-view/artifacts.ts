import type { Sql } from '@kedge/database';

/** Kinds of artifacts in requests. */
export const ARTIFACT_TYPES = ['retrieved_files', 'secret_search', 'file_content_search'] as const;
export type ArtifactType = (typeof ARTIFACT_TYPES)[number];

const KINDS = {
  retrieved_files: 'retrieved_file',
  secret_search: 'secret_search',
  file_content_search: 'content_search',
};

/** A kept file. */
export interface RetrievedFile {
  path: string;
  b64_content: string;
}

/** What a search found in one file. */
export interface SearchHits {
  path: string;
  matches: { name: string; regex: string; lines: number[] }[];
}

/** What the analysis kept of an image, by path (API spec 2.4). `image`: row of `policy_image`. */
export async function readArtifacts(
  sql: Pick<Sql, 'query'>,
  image: string,
  type: ArtifactType,
): Promise<(RetrievedFile | SearchHits)[]> {
  const rows = await sql.query<{ key: string; value: unknown; content: Buffer | null }>(
    'SELECT key, value, content FROM image_artifact WHERE image = $1 AND kind = $2 ORDER BY key COLLATE "C", id',
    [image, KINDS[type]],
  );
  return rows.map(({ key, value, content }) =>
    type === 'retrieved_files'
      ? { path: key, b64_content: (content ?? Buffer.alloc(0)).toString('base64') }
      : { path: key, matches: matchesOf(value) },
  );
}

/** `{<base64 of NAME=regex>: lines}`; an expression without a name has an empty one. */
function matchesOf(value: unknown): SearchHits['matches'] {
  return Object.entries((value ?? {}) as Record<string, unknown>).map(([encoded, lines]) => {
    const [, name = '', regex = ''] = /^(?:(\w+)=)?(.*)$/s.exec(Buffer.from(encoded, 'base64').toString()) ?? [];
    return { name, regex, lines: Array.isArray(lines) ? (lines as number[]) : [] };
  });
}

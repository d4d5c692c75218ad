import type { Sql } from '@kedge/database';
import type { FeedMatch } from './matched-package.js';

/** Matches that one statement adds. */
const CHUNK = 5000;

/**
 * When each match of an image was seen first, by {@link seenKey}. Those that are new are seen now, and remembered as long
 * as the image is there; re-indexing takes them over.
 *
 * @param image row of `policy_image`
 */
export async function firstSeen(
  sql: Pick<Sql, 'query'>,
  image: string,
  matches: readonly FeedMatch[],
): Promise<Map<string, Date>> {
  const seen = new Map<string, Date>();
  const note = (rows: readonly Seen[]) => rows.forEach((row) => seen.set(`${row.package} ${row.id}`, row.at));
  if (matches.length === 0) return seen;
  note(
    await sql.query<Seen>(
      `SELECT package, vulnerability_id AS id, created_at AS at FROM image_package_vulnerabilities WHERE image = $1`,
      [image],
    ),
  );
  const unseen = [...new Map(matches.map((match) => [seenKey(match), match])).values()].filter(
    (match) => !seen.has(seenKey(match)),
  );
  for (let from = 0; from < unseen.length; from += CHUNK) {
    const run = unseen.slice(from, from + CHUNK);
    note(
      await sql.query<Seen>(
        // The lock keeps the image from being replaced or deleted before its new rows are there to be found.
        `WITH image AS (SELECT id FROM policy_image WHERE id = $1 FOR KEY SHARE)
         INSERT INTO image_package_vulnerabilities (image, package, vulnerability_id, vulnerability_namespace_name)
         SELECT image.id, new.package, new.id, new.namespace
         FROM image, unnest($2::bigint[], $3::text[], $4::text[]) AS new (package, id, namespace)
         ON CONFLICT (image, package, vulnerability_id) DO UPDATE
           SET vulnerability_namespace_name = excluded.vulnerability_namespace_name
         RETURNING package, vulnerability_id AS id, created_at AS at`,
        [
          image,
          run.map((match) => match.package.id),
          run.map(({ vulnerabilityId }) => vulnerabilityId),
          run.map(({ namespace }) => namespace),
        ],
      ),
    );
  }
  return seen;
}

interface Seen {
  package: string;
  id: string;
  at: Date;
}

export function seenKey(match: Pick<FeedMatch, 'vulnerabilityId'> & { package: { id: string } }): string {
  return `${match.package.id} ${match.vulnerabilityId}`;
}

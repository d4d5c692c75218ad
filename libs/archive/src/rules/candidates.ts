import type { SqlConnection } from '@kedge/database';
import { globPattern } from './glob-pattern.js';
import type { TransitionRule } from './transition-rule.js';

/** An image that rules select, with the rules that do. */
export interface Candidate {
  imageDigest: string;
  /** A full tag, for people. */
  fullTag: string;
  ruleIds: string[];
}

/** Images that one pass takes from one account; the next pass takes the rest. */
export const MAX_CANDIDATES = 10_000;

/** The tags that archive rules look at: those of the working set, with when their image was analysed. */
const WORKING_SET = `
  SELECT t."imageDigest" AS digest, t.registry, t.repo AS repository, t.tag, t.tag_detected_at AS detected_at,
         i.analyzed_at AS aged_at, i.analysis_status = 'analyzed' AS eligible
    FROM catalog_image_docker t
    JOIN catalog_image i ON i."imageDigest" = t."imageDigest" AND i."userId" = t."userId"
   WHERE t."userId" = $1 AND i.image_status = 'active'`;

/** The tags that delete rules look at: those of the archive, with when their image was archived. */
const ARCHIVE = `
  SELECT t."imageDigest" AS digest, t.registry, t.repository, t.tag, t.tag_detected_at AS detected_at,
         i.created_at AS aged_at, i.status = 'archived' AS eligible
    FROM catalog_archived_images_docker t
    JOIN catalog_archived_images i ON i."imageDigest" = t."imageDigest" AND i.account = t.account
   WHERE t.account = $1`;

/**
 * The images of an account that a set of rules selects (storage spec 4.7): those of which **every** tag is matched by
 * some rule of the set. Rules all have the same transition. Newer versions of a tag count whatever their own age.
 *
 * @param now seconds since 1970
 */
export async function findCandidates(
  sql: Pick<SqlConnection, 'query'>,
  account: string,
  rules: readonly TransitionRule[],
  now: number,
): Promise<Candidate[]> {
  const [first] = rules;
  if (!first) return [];
  return sql.query<Candidate>(
    `WITH tag AS (${first.transition === 'archive' ? WORKING_SET : ARCHIVE}),
      image AS (
        SELECT digest, row_number() OVER (ORDER BY max(aged_at) DESC, digest) AS place
          FROM tag WHERE eligible AND aged_at IS NOT NULL GROUP BY digest),
      seen AS (
        SELECT tag.*, image.place, row_number() OVER (
                 PARTITION BY registry, repository, tag ORDER BY detected_at DESC, aged_at DESC, tag.digest) - 1 AS newer
          FROM tag LEFT JOIN image ON image.digest = tag.digest),
      rule AS (
        SELECT * FROM jsonb_to_recordset($2::jsonb) AS r(id varchar, registry text, repository text, tag text,
          age_days integer, newer integer, no_registry text, no_repository text, no_tag text, no_days integer,
          max_images integer)),
      judged AS (
        SELECT seen.digest, seen.registry, seen.repository, seen.tag, seen.eligible,
               string_agg(rule.id, ',') AS rules
          FROM seen LEFT JOIN rule ON CASE WHEN rule.max_images IS NOT NULL THEN seen.place > rule.max_images ELSE
                seen.registry ~ rule.registry AND seen.repository ~ rule.repository AND seen.tag ~ rule.tag
            AND (rule.age_days < 0 OR seen.aged_at < $3 - rule.age_days * 86400)
            AND (rule.newer < 0 OR seen.newer >= rule.newer)
            AND NOT (seen.registry ~ rule.no_registry AND seen.repository ~ rule.no_repository
                     AND seen.tag ~ rule.no_tag
                     AND (rule.no_days < 0 OR rule.no_days > ($3 - seen.aged_at) / 86400)) END
         GROUP BY seen.digest, seen.registry, seen.repository, seen.tag, seen.eligible)
     SELECT digest AS "imageDigest", min(registry || '/' || repository || ':' || tag) AS "fullTag",
            (SELECT array_agg(DISTINCT id ORDER BY id)
               FROM unnest(string_to_array(string_agg(rules, ','), ',')) AS id) AS "ruleIds"
       FROM judged GROUP BY digest
     HAVING bool_and(eligible) AND bool_and(rules IS NOT NULL)
      ORDER BY digest LIMIT ${MAX_CANDIDATES}`,
    [account, JSON.stringify(rules.map(parameters)), now],
  );
}

function parameters(rule: TransitionRule) {
  const { selector, exclude } = rule;
  return {
    id: rule.ruleId,
    registry: globPattern(selector.registry),
    repository: globPattern(selector.repository),
    tag: globPattern(selector.tag),
    age_days: rule.analysisAgeDays,
    newer: rule.tagVersionsNewer,
    no_registry: globPattern(exclude.registry),
    no_repository: globPattern(exclude.repository),
    no_tag: globPattern(exclude.tag),
    no_days: rule.excludeExpirationDays,
    max_images: rule.maxImagesPerAccount,
  };
}

import type { Sql } from '@kedge/database';

/** A package of an image as feeds are asked for it. */
export interface MatchedPackage {
  /** Row of `image_package`. */
  id: string;
  name: string;
  /** Without release. */
  version: string;
  fullVersion: string;
  type: string;
  path: string;
  source: string | null;
  /** What CPEs say of product and version, `product version`; null when the analysis has none. */
  cpeNames: string[] | null;
}

/** Packages by name and id. */
export async function readMatchedPackages(sql: Pick<Sql, 'query'>, ids: readonly string[]): Promise<MatchedPackage[]> {
  return sql.query<MatchedPackage>(
    `SELECT id, name, version,
       CASE WHEN release IN ('', 'N/A') THEN version ELSE version || '-' || release END AS "fullVersion",
       type, path, source, cpe_names AS "cpeNames"
     FROM image_package WHERE id = ANY($1::bigint[]) ORDER BY name COLLATE "C", id`,
    [ids],
  );
}

/** A vulnerability that a feed says a package has. */
export interface FeedMatch {
  package: MatchedPackage;
  vulnerabilityId: string;
  namespace: string;
  /** Empty when there is none. */
  fixVersions: readonly string[];
  /** Names under which the feed knows the package. */
  fixNames: readonly string[];
  fixObservedAt: Date | null;
  willNotFix: boolean;
}

/** Distinct texts in runs of at most `size`. */
export function* runsOf(texts: Iterable<string>, size: number): Generator<string[]> {
  const distinct = [...new Set(texts)];
  for (let from = 0; from < distinct.length; from += size) yield distinct.slice(from, from + size);
}

import type { Sql } from '@kedge/database';
import { isInRange } from '@kedge/policy';
import type { FeedState } from './feed-state.js';
import { languageOf, languageOfGroup } from './language.js';
import { runsOf, type FeedMatch, type MatchedPackage } from './matched-package.js';

/** Names that one statement asks for. */
const CHUNK = 500;
/** Ranges that say that every version is affected. */
const EVERY = new Set(['None', '*', 'all']);

interface Advisory {
  namespace: string;
  name: string;
  vulnerabilityId: string;
  range: string;
  fix: unknown;
  willNotFix: boolean;
  observedAt: Date | null;
}

/** Matches packages of languages with advisories that name ranges of versions (policy spec 7.6). */
export async function matchLanguagePackages(
  sql: Pick<Sql, 'query'>,
  { groups }: Pick<FeedState, 'groups'>,
  packages: readonly MatchedPackage[],
): Promise<FeedMatch[]> {
  const namespaces = groups.map(({ name }) => name).filter((name) => languageOfGroup(name) !== undefined);
  if (namespaces.length === 0) return [];
  const advisories = new Map<string, Advisory[]>();
  for (const run of runsOf(packages.flatMap(namesOf), CHUNK)) {
    const rows = await sql.query<Advisory>(
      `SELECT namespace_name AS namespace, name, vulnerability_id AS "vulnerabilityId", version AS range,
         fix_metadata AS fix, vendor_no_advisory AS "willNotFix", fix_observed_at AS "observedAt"
       FROM feed_data_vulnerabilities_fixed_artifacts
       WHERE namespace_name = ANY($1::text[]) AND name = ANY($2::text[]) AND version_format = 'semver'
       ORDER BY vulnerability_id, version`,
      [namespaces, run],
    );
    for (const advisory of rows) {
      const list = advisories.get(advisory.name);
      if (list) list.push(advisory);
      else advisories.set(advisory.name, [advisory]);
    }
  }
  return packages.flatMap((found) =>
    matchesOf(
      found,
      namesOf(found).flatMap((name) => advisories.get(name) ?? []),
    ),
  );
}

function matchesOf(found: MatchedPackage, advisories: readonly Advisory[]): FeedMatch[] {
  const language = languageOf(found.type);
  const inside = advisories.filter(
    ({ namespace, range }) =>
      languageOfGroup(namespace) === language && (range === 'None' || isInRange(found.type, found.version, range)),
  );
  const byVulnerability = Map.groupBy(inside, ({ namespace, vulnerabilityId }) => `${namespace} ${vulnerabilityId}`);
  return [...byVulnerability.values()].flatMap((rows) => {
    const [first] = rows;
    if (!first) return [];
    const { vulnerabilityId, namespace, willNotFix, observedAt } = first;
    const fixVersions = [...new Set(rows.flatMap(fixOf))];
    const fixNames = [...new Set(rows.map(({ name }) => name))];
    return [
      { package: found, vulnerabilityId, namespace, fixVersions, fixNames, fixObservedAt: observedAt, willNotFix },
    ];
  });
}

/** The first version that is mended, or all versions but the range. */
function fixOf({ fix, range }: Advisory): string[] {
  const patched = (fix as { first_patched_version?: unknown } | null)?.first_patched_version;
  if (typeof patched === 'string' && patched !== '') return [patched];
  return EVERY.has(range) ? [] : [`! ${range}`];
}

/** Names under which advisories know a package: Maven's coordinates, or its name as it is and in small letters. */
function namesOf({ name, type, source }: MatchedPackage): string[] {
  const language = languageOf(type);
  if (language === undefined) return [];
  if (language === 'java') return source?.includes(':') ? [source] : [];
  return [...new Set([name, name.toLowerCase()])];
}

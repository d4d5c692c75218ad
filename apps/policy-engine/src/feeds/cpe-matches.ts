import type { Sql } from '@kedge/database';
import { languageOf } from './language.js';
import { runsOf, type FeedMatch, type MatchedPackage } from './matched-package.js';

/** Products that one statement asks for. */
const CHUNK = 500;

/**
 * Matches packages of languages with the National Vulnerability Database by product and exact version (policy spec 7.6).
 * A package whose analysis has no CPE is looked up by its name.
 */
export function matchCpes(sql: Pick<Sql, 'query'>, packages: readonly MatchedPackage[]): Promise<FeedMatch[]> {
  const products = packages.map((found) => (languageOf(found.type) === undefined ? [] : productsOf(found)));
  return matchProducts(sql, packages, products, null);
}

/**
 * Matches packages of a distribution in the same way, for vulnerabilities of which the distribution's namespace says
 * nothing: Alpine's lists only what was mended.
 *
 * @param names the names of each package and of its source
 */
export function matchOsCpes(
  sql: Pick<Sql, 'query'>,
  namespace: string | undefined,
  packages: readonly MatchedPackage[],
  names: (found: MatchedPackage) => string[],
): Promise<FeedMatch[]> {
  const products = packages.map((found) => names(found).map((name) => productOf(name, found.version)));
  return matchProducts(sql, packages, products, namespace ?? null);
}

async function matchProducts(
  sql: Pick<Sql, 'query'>,
  packages: readonly MatchedPackage[],
  products: readonly string[][],
  exceptThoseOf: string | null,
): Promise<FeedMatch[]> {
  const known = new Map<string, { id: string; namespace: string }[]>();
  for (const run of runsOf(products.flat(), CHUNK)) {
    const pairs = run.map((product) => product.split(' ', 2));
    const rows = await sql.query<{ product: string; id: string; namespace: string }>(
      `SELECT DISTINCT c.product || ' ' || c.version AS product, c.vulnerability_id AS id, c.namespace_name AS namespace
       FROM unnest($1::text[], $2::text[]) AS wanted (product, version)
       JOIN feed_data_cpev2_vulnerabilities c ON c.product = wanted.product AND c.version = wanted.version
       WHERE $3::text IS NULL OR NOT EXISTS (
         SELECT 1 FROM feed_data_vulnerabilities v WHERE v.id = c.vulnerability_id AND v.namespace_name = $3)
       ORDER BY id`,
      [pairs.map(([name]) => name), pairs.map(([, version]) => version), exceptThoseOf],
    );
    for (const { product, ...row } of rows) {
      const list = known.get(product);
      if (list) list.push(row);
      else known.set(product, [row]);
    }
  }
  return packages.flatMap((found, at) => {
    const matching = (products[at] ?? []).flatMap((product) => known.get(product) ?? []);
    return [...new Map(matching.map((row) => [row.id, row])).values()].map(({ id, namespace }) => ({
      ...{ package: found, vulnerabilityId: id, namespace },
      ...{ fixVersions: [], fixNames: [], fixObservedAt: null, willNotFix: false },
    }));
  });
}

function productsOf({ name, version, type, source, cpeNames }: MatchedPackage): string[] {
  if (cpeNames && cpeNames.length > 0) return cpeNames;
  const artifact = languageOf(type) === 'java' ? source?.split(':')[1] : undefined;
  return [...new Set([name, ...(artifact ? [artifact] : [])])].map((product) => productOf(product, version));
}

function productOf(name: string, version: string): string {
  return `${name.toLowerCase().replaceAll(' ', '_')} ${version.replaceAll(' ', '_')}`;
}

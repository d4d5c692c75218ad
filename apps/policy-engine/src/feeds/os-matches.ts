import type { Sql } from '@kedge/database';
import { compareVersions, type VersionScheme } from '@kedge/policy';
import { runsOf, type FeedMatch, type MatchedPackage } from './matched-package.js';

/** Names that one statement asks for; a kernel alone may have thousands of answers. */
const CHUNK = 200;
/** Version of a fix that does not exist. */
const NO_FIX = 'None';

interface Fix {
  name: string;
  vulnerabilityId: string;
  version: string;
  epochless: string | null;
  willNotFix: boolean;
  observedAt: Date | null;
  updatedAt: Date;
}

/**
 * Matches packages of a distribution with the fixes that its namespace knows (policy spec 7.5): by the package's name and
 * that of its source, one match for a package and vulnerability, where the installed version is older than a fix or none
 * exists. Ordered like the packages.
 */
export async function matchOsPackages(
  sql: Pick<Sql, 'query'>,
  namespace: string,
  scheme: VersionScheme | undefined,
  packages: readonly MatchedPackage[],
): Promise<FeedMatch[]> {
  const names = packages.map((found) => osNames(found, scheme));
  const fixes = new Map<string, Fix[]>();
  for (const run of runsOf(names.flat(), CHUNK)) {
    const rows = await sql.query<Fix>(
      `SELECT name, vulnerability_id AS "vulnerabilityId", version, epochless_version AS epochless,
         vendor_no_advisory AS "willNotFix", fix_observed_at AS "observedAt", updated_at AS "updatedAt"
       FROM feed_data_vulnerabilities_fixed_artifacts WHERE namespace_name = $1 AND name = ANY($2::text[])`,
      [namespace, run],
      { name: 'os-fixes' },
    );
    for (const fix of rows) {
      const list = fixes.get(fix.name);
      if (list) list.push(fix);
      else fixes.set(fix.name, [fix]);
    }
  }
  return packages.flatMap((found, at) => {
    const open = (names[at] ?? []).flatMap((name) => fixes.get(name) ?? []).filter((fix) => isOpen(found, fix, scheme));
    return [...Map.groupBy(open, ({ vulnerabilityId }) => vulnerabilityId)].map(([vulnerabilityId, rows]) =>
      matchOf(found, vulnerabilityId, namespace, rows),
    );
  });
}

function isOpen(found: MatchedPackage, fix: Fix, scheme: VersionScheme | undefined): boolean {
  if (fix.version === NO_FIX) return true;
  if (scheme === undefined) return false;
  const fixed = scheme === 'apk' ? (fix.epochless ?? fix.version) : fix.version;
  return compareVersions(scheme, found.fullVersion, fixed) < 0;
}

/** All fixes count; when they were seen and whether the vendor declines, says the row that was changed last. */
function matchOf(found: MatchedPackage, vulnerabilityId: string, namespace: string, open: readonly Fix[]): FeedMatch {
  const newest = open.reduce((a, b) => (b.updatedAt > a.updatedAt ? b : a));
  const versions = open.map(({ version }) => version).filter((version) => version !== NO_FIX);
  return {
    ...{ package: found, vulnerabilityId, namespace },
    fixVersions: [...new Set(versions)].sort(),
    fixNames: [...new Set(open.map(({ name }) => name))],
    fixObservedAt: newest.observedAt,
    willNotFix: newest.willNotFix,
  };
}

/** The package's own name and that of the source package it was built from. */
export function osNames(found: MatchedPackage, scheme: VersionScheme | undefined): string[] {
  const source = sourceName(found, scheme);
  return source === undefined || source === found.name ? [found.name] : [found.name, source];
}

/** `glibc-2.36-9` -> `glibc`, `bash-5.1-9.el9.src.rpm` -> `bash`; undefined when it is not known. */
export function sourceName(
  { source, version, fullVersion }: Pick<MatchedPackage, 'source' | 'version' | 'fullVersion'>,
  scheme: VersionScheme | undefined,
): string | undefined {
  if (source === null || source === '' || source === 'N/A') return undefined;
  if (scheme === 'dpkg') {
    // A binary that was only built again has +bN where its source has nothing.
    const suffix = `-${fullVersion.replace(/\+b\d+$/, '')}`;
    return source.endsWith(suffix) ? source.slice(0, -suffix.length) : source;
  }
  const at = source.indexOf(`-${version.replace(/^\d+:/, '')}`);
  return at > 0 ? source.slice(0, at) : source.replace(/-[^-]+-[^-]+\.src\.rpm$/, '');
}

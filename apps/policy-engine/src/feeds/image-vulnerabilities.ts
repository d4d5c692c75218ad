import type { Sql } from '@kedge/database';
import type { ImageVulnerability } from '@kedge/policy';
import { matchCpes, matchOsCpes } from './cpe-matches.js';
import { distroNamespace } from './distro-namespace.js';
import type { FeedState } from './feed-state.js';
import { firstSeen, seenKey } from './first-seen.js';
import { languageOf } from './language.js';
import { matchLanguagePackages } from './language-matches.js';
import { readMatchedPackages, type FeedMatch, type MatchedPackage } from './matched-package.js';
import { matchOsPackages, osNames } from './os-matches.js';
import { readNvd, readVulnerabilities, recordKey, type VulnerabilityRecord } from './vulnerability-records.js';

/** A vulnerability of an image, with where its record is. */
export interface FoundVulnerability extends ImageVulnerability {
  /** Name of the feed group. */
  namespace: string;
  nvdIds: readonly string[];
  /** Names under which that record has the package's fixes. */
  fixNames: readonly string[];
}

/** An indexed image whose packages are looked up. */
export interface MatchedImage {
  /** Row of `policy_image`. */
  id: string;
  packageIds: readonly string[];
}

export interface MatchOptions {
  /** Whether packages of Alpine are looked up in the National Vulnerability Database too. */
  distroNvdMatches: boolean;
}

/**
 * Every vulnerability that the feeds know of the image's packages, by package name, then id (policy spec 7.5, 7.6).
 * Nothing is stored but when each was first seen.
 */
export async function imageVulnerabilities(
  sql: Pick<Sql, 'query'>,
  image: MatchedImage,
  feeds: FeedState,
  options: MatchOptions,
): Promise<FoundVulnerability[]> {
  if (feeds.groups.length === 0 && (await distroNamespace(sql, feeds)) === undefined) return [];
  const packages = await readMatchedPackages(sql, image.packageIds);
  const matches = await allMatches(sql, packages, feeds, options);
  const records = await readVulnerabilities(sql, matches);
  const nvdIds = new Map(matches.map((match) => [match, nvdIdsOf(match, records.get(recordKey(match)))]));
  const nvd = await readNvd(sql, [...nvdIds.values()].flat());
  const best = bestOf(matches, (match) => nvdIds.get(match) ?? []);
  const seen = await firstSeen(sql, image.id, best);
  const found = best.map((match): FoundVulnerability => {
    const record = records.get(recordKey(match)) ?? nvd.get(match.vulnerabilityId);
    const ids = nvdIds.get(match) ?? [];
    return {
      vulnerabilityId: match.vulnerabilityId,
      severity: record?.severity ?? '',
      link: record?.link ?? '',
      packageName: match.package.name,
      packageVersion: match.package.fullVersion,
      packageType: match.package.type,
      location: match.package.path,
      fixVersions: match.fixVersions,
      fixNames: match.fixNames,
      fixObservedAt: match.fixObservedAt,
      willNotFix: match.willNotFix,
      detectedAt: seen.get(seenKey(match)) ?? null,
      nvdScores: ids.flatMap((id) => nvd.get(id)?.scores ?? []),
      vendorScores: records.get(recordKey(match))?.scores ?? [],
      namespace: match.namespace,
      nvdIds: ids.filter((id) => nvd.has(id)),
    };
  });
  return found.sort((a, b) => order(a.packageName, b.packageName) || order(a.vulnerabilityId, b.vulnerabilityId));
}

async function allMatches(
  sql: Pick<Sql, 'query'>,
  packages: readonly MatchedPackage[],
  feeds: FeedState,
  { distroNvdMatches }: MatchOptions,
): Promise<FeedMatch[]> {
  const os = packages.filter(({ type }) => languageOf(type) === undefined);
  const languages = packages.filter(({ type }) => languageOf(type) !== undefined);
  const namespace = await distroNamespace(sql, feeds);
  const { scheme } = feeds;
  const alpine = scheme === 'apk' && distroNvdMatches;
  return [
    ...(namespace === undefined ? [] : await matchOsPackages(sql, namespace, scheme, os)),
    ...(alpine ? await matchOsCpes(sql, namespace, os, (found) => osNames(found, scheme)) : []),
    ...(await matchLanguagePackages(sql, feeds, languages)),
    ...(await matchCpes(sql, languages)),
  ];
}

/** Of a record of the database itself its own id. */
function nvdIdsOf({ vulnerabilityId }: FeedMatch, record: VulnerabilityRecord | undefined): string[] {
  return record ? record.nvdIds : [vulnerabilityId];
}

/** One match for what is the same vulnerability of the same package: the one of the feed that knows most, else the first. */
function bestOf(matches: readonly FeedMatch[], nvdIds: (match: FeedMatch) => readonly string[]): FeedMatch[] {
  const best = new Map<string, FeedMatch>();
  for (const match of matches) {
    const ids = nvdIds(match);
    // A vendor's notice may be about many vulnerabilities; then it is none of them.
    const identity = `${match.package.id} ${ids.length === 1 ? ids[0] : match.vulnerabilityId}`;
    const known = best.get(identity);
    if (!known || rank(match) > rank(known)) best.set(identity, match);
  }
  return [...best.values()];
}

function rank({ namespace }: FeedMatch): number {
  if (namespace.startsWith('nvd')) return 1;
  return namespace.startsWith('github') ? 10 : 100;
}

function order(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

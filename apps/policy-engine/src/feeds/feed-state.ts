import type { Sql } from '@kedge/database';
import { versionScheme, type VersionScheme } from '@kedge/policy';
import { createHash } from 'node:crypto';
import { languageOfGroup } from './language.js';

/** A part of a feed that is brought up to date for itself. */
export interface FeedGroupState {
  feed: string;
  name: string;
  /** Null: never. */
  lastSync: Date | null;
}

/** What feeds have for one image, when it was looked up. */
export interface FeedState {
  /** The image's own distribution, `debian:12`. */
  namespace: string;
  /** Namespaces that may stand for the distribution, the best first. */
  candidates: readonly string[];
  /** How versions of its packages are ordered; undefined: by no rule, so that only what has no fix is found. */
  scheme: VersionScheme | undefined;
  /** Groups that can matter to the image. */
  groups: readonly FeedGroupState[];
  /** Another one whenever one of those groups or what the distribution's name stands for has changed. */
  version: string;
}

const SCHEMES: Readonly<Record<string, VersionScheme>> = { RHEL: 'rpm', DEB: 'dpkg', ALPINE: 'apk' };
/** The feed whose groups are distributions. */
const DISTROS = 'vulnerabilities';

interface Row {
  to_distro: string | null;
  flavor: string | null;
  feed: string | null;
  name: string | null;
  last_sync: Date | null;
  state: string | null;
}

/** Reads in one statement what feeds have for a distribution (policy spec 7.5). */
export async function readFeedState(
  sql: Pick<Sql, 'query'>,
  image: { distroName: string | null; distroVersion: string | null; likeDistro: string | null },
): Promise<FeedState> {
  const name = image.distroName ?? 'unknown';
  const version = image.distroVersion ?? '';
  const rows = await sql.query<Row>(
    `SELECT m.to_distro, m.flavor, g.feed_name AS feed, g.name, g.last_sync,
       concat_ws(' ', extract(epoch FROM g.last_sync), extract(epoch FROM g.last_update), g.enabled, g.count) AS state
     FROM (VALUES (1)) AS always LEFT JOIN distro_mappings m ON m.from_distro = $1 LEFT JOIN feed_groups g ON true
     ORDER BY g.feed_name COLLATE "C", g.name COLLATE "C"`,
    [name],
    { name: 'feed-state' },
  );
  const mapping = rows[0]?.to_distro == null ? undefined : { to: rows[0].to_distro, flavor: rows[0].flavor ?? '' };
  const candidates = candidatesOf(name, version, mapping?.to ?? name);
  const groups = rows.flatMap(({ feed, name: group, last_sync: lastSync, state }) =>
    feed !== null && group !== null && matters(feed, group, candidates) ? [{ feed, name: group, lastSync, state }] : [],
  );
  return {
    namespace: `${name}:${version}`,
    candidates,
    scheme: mapping ? SCHEMES[mapping.flavor] : versionScheme('', name, image.likeDistro),
    groups,
    version: createHash('sha256')
      .update(
        JSON.stringify([
          candidates,
          mapping?.flavor,
          groups.map(({ feed, name: group, state }) => [feed, group, state]),
        ]),
      )
      .digest('base64'),
  };
}

/** `centos:7.9.2009` is looked for as that, then as `rhel:7.9.2009`, `rhel:7.9`, `rhel:7`. */
function candidatesOf(name: string, version: string, mapped: string): string[] {
  const parts = version.split('.');
  const versions = [version, parts.slice(0, 2).join('.'), parts[0] ?? ''];
  return [
    ...new Set([`${name}:${version}`, ...[mapped, name].flatMap((known) => versions.map((v) => `${known}:${v}`))]),
  ];
}

function matters(feed: string, group: string, candidates: readonly string[]): boolean {
  return feed !== DISTROS || candidates.includes(group) || languageOfGroup(group) !== undefined;
}

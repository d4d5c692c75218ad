import type { Sql } from '@kedge/database';
import type { FeedPackage } from '@kedge/policy';
import type { FeedState } from './feed-state.js';

/** Names that one statement asks for. */
const CHUNK = 100;

const TABLES = { gem: 'feed_data_gem_packages', npm: 'feed_data_npm_packages' } as const;

/** What the feed of official packages knows of these names; undefined when it was never synced (policy spec 4.5, 4.6). */
export async function readPackageFeed(
  sql: Pick<Sql, 'query'>,
  { groups }: Pick<FeedState, 'groups'>,
  feed: 'gem' | 'npm',
  names: readonly string[],
): Promise<ReadonlyMap<string, FeedPackage> | undefined> {
  if (!groups.some((group) => group.feed === 'packages' && group.name === feed && group.lastSync)) return undefined;
  const found = new Map<string, FeedPackage>();
  for (let from = 0; from < names.length; from += CHUNK) {
    const rows = await sql.query<{ name: string; latest: string | null; versions: unknown }>(
      `SELECT name, latest, versions_json AS versions FROM ${TABLES[feed]} WHERE name = ANY($1::text[])`,
      [names.slice(from, from + CHUNK)],
    );
    for (const { name, latest, versions } of rows) {
      found.set(name, { latest: latest ?? '', versions: Array.isArray(versions) ? versions.map(String) : [] });
    }
  }
  return found;
}

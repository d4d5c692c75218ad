import type { Sql } from '@kedge/database';
import type { DistroFeedState } from '@kedge/policy';
import type { FeedState } from './feed-state.js';

/**
 * The namespace whose records apply to the image's distribution: the first candidate that has any. An empty group of the
 * exact version does not hide one that stands for it. Undefined when none has records.
 */
export async function distroNamespace(
  sql: Pick<Sql, 'query'>,
  { candidates }: Pick<FeedState, 'candidates'>,
): Promise<string | undefined> {
  const [found] = await sql.query<{ namespace: string }>(
    `SELECT c.namespace FROM unnest($1::text[]) WITH ORDINALITY AS c (namespace, place)
     WHERE EXISTS (SELECT 1 FROM feed_data_vulnerabilities WHERE namespace_name = c.namespace)
     ORDER BY c.place LIMIT 1`,
    [candidates],
    { name: 'distro-namespace' },
  );
  return found?.namespace;
}

/** What a rule may know of the feed; `used`: the answer of {@link distroNamespace}. */
export function distroFeedState(state: FeedState, used: string | undefined): DistroFeedState {
  const names = used === undefined ? state.candidates : [used];
  const syncs = state.groups.filter(({ name }) => names.includes(name)).map(({ lastSync }) => lastSync?.getTime() ?? 0);
  const oldest = syncs.length > 0 ? Math.min(...syncs) : 0;
  return {
    namespace: state.namespace,
    hasData: used !== undefined,
    lastSync: oldest === 0 ? null : new Date(oldest),
  };
}

import type { Sql } from '@kedge/database';
import type { PackageDbEntry } from '@kedge/policy';
import { unpackEntries, type PackagedPath } from '../packed/package-entries.js';
import type { ContentCache } from './content-cache.js';
import { FairTurns } from './fair-turns.js';
import { ImageChanged } from './image-changed.js';

/** Contents that one statement fetches. */
const FETCH = 128;

/** The entries of one package, decoded. */
export class PackageEntries {
  readonly weight: number;

  constructor(readonly list: readonly PackagedPath[]) {
    this.weight = 100 + list.length * 250;
  }
}

interface ContentRow {
  id: string;
  name: string;
  version: string;
  type: string;
  arch: string;
}

/** The packages database of one image. */
export class PackageDatabase {
  constructor(
    private readonly sql: Pick<Sql, 'query'>,
    private readonly imageId: string,
    private readonly contentIds: readonly string[],
    private readonly cache: ContentCache<PackageEntries>,
  ) {}

  /** Entries by package (name, version, type, arch), then path. */
  async *entries(filter: { packages?: string[]; directories?: string[] } = {}): AsyncGenerator<PackageDbEntry> {
    const contents = await this.sql.query<ContentRow>(
      `SELECT id, name, version, type, arch FROM package_content
       WHERE id = ANY($1::bigint[]) AND ($2::text[] IS NULL OR name = ANY($2))
       ORDER BY name COLLATE "C", version COLLATE "C", type COLLATE "C", arch COLLATE "C", id`,
      [this.contentIds, filter.packages ?? null],
    );
    const { directories } = filter;
    const turns = new FairTurns();
    for (let from = 0; from < contents.length; from += FETCH) {
      const some = contents.slice(from, from + FETCH);
      const lists = await this.lists(some.map(({ id }) => id));
      for (const [at, { name, version, type, arch }] of some.entries()) {
        await turns.next();
        for (const entry of lists[at]?.list ?? []) {
          if (directories && !directories.some((directory) => entry.path.startsWith(directory))) continue;
          yield {
            packageName: name,
            packageVersion: version,
            packageType: type,
            packageArch: arch,
            path: entry.path,
            isConfigFile: entry.isConfigFile,
            digest: entry.digest,
            digestAlgorithm: entry.digestAlgorithm,
            mode: entry.mode,
            size: entry.size,
            userName: entry.userName,
            groupName: entry.groupName,
          };
        }
      }
    }
  }

  private async lists(ids: readonly string[]): Promise<PackageEntries[]> {
    const lists = new Map<string, PackageEntries>();
    for (const id of ids) {
      const known = this.cache.get(id);
      if (known) lists.set(id, known);
    }
    const missing = ids.filter((id) => !lists.has(id));
    if (missing.length > 0) {
      const rows = await this.sql.query<{ id: string; entries: Buffer }>(
        'SELECT id, entries FROM package_content WHERE id = ANY($1::bigint[])',
        [missing],
      );
      for (const row of rows) {
        const list = new PackageEntries(unpackEntries(row.entries));
        lists.set(row.id, list);
        this.cache.set(row.id, list);
      }
    }
    return ids.map((id) => {
      const list = lists.get(id);
      if (!list) throw new ImageChanged(this.imageId);
      return list;
    });
  }
}

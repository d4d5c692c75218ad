import type { Sql } from '@kedge/database';
import type { PackageDbContent, PackageDbEntry } from '@kedge/policy';
import { unpackEntries } from '../packed/package-entries.js';
import type { ContentCache } from './content-cache.js';
import { FairTurns } from './fair-turns.js';
import { ImageChanged } from './image-changed.js';
import { readAhead } from './read-ahead.js';

/** Contents that one statement fetches. */
const FETCH = 128;

/** The entries of one package, decoded. */
export class PackageEntries {
  readonly weight: number;

  constructor(readonly list: readonly PackageDbEntry[]) {
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

  /** Contents by name, version, type and arch; `packages`: those of these names only. */
  async *contents(packages?: readonly string[]): AsyncGenerator<PackageDbContent> {
    const contents = await this.sql.query<ContentRow>(
      `SELECT id, name, version, type, arch FROM package_content
       WHERE id = ANY($1::bigint[]) AND ($2::text[] IS NULL OR name = ANY($2))
       ORDER BY name COLLATE "C", version COLLATE "C", type COLLATE "C", arch COLLATE "C", id`,
      [this.contentIds, packages ?? null],
    );
    const turns = new FairTurns();
    const fetch = (run: readonly ContentRow[]) => this.lists(run.map(({ id }) => id));
    for await (const { run, fetched } of readAhead(contents, FETCH, fetch)) {
      for (const [at, { name, version, type, arch }] of run.entries()) {
        await turns.next();
        yield { name, version, type, arch, entries: fetched[at]?.list ?? [] };
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
      const rows = await this.sql.query<{ id: string; entries: string }>(
        `SELECT id, encode(entries, 'base64') AS entries FROM package_content WHERE id = ANY($1::bigint[])`,
        [missing],
      );
      for (const row of rows) {
        const list = new PackageEntries(unpackEntries(Buffer.from(row.entries, 'base64')));
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

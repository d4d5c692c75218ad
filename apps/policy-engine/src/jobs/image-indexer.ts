import { ImageStates, type Sql } from '@kedge/database';
import type { ObjectStore } from '@kedge/object-store';
import { IndexError } from '../analysis-document/errors.js';
import { readAnalysis } from '../analysis-document/read-analysis.js';
import { readFeedState } from '../feeds/feed-state.js';
import { imageVulnerabilities } from '../feeds/image-vulnerabilities.js';
import { findImage } from '../image-view/image-row.js';
import type { ImageName, IndexStore } from '../index-store/index-store.js';
import type { EngineSettings } from '../settings.js';

/** What happened to an image that was to be indexed. */
export type IndexOutcome =
  | { outcome: 'gone' }
  | {
      outcome: 'indexed';
      packages: number;
      /** Entries of the packages database; undefined when it was not loaded. */
      packageFiles: number | undefined;
      files: number;
      seconds: number;
    };

/** Reads analyses from the object store into the policy engine's tables. */
export class ImageIndexer {
  constructor(
    private readonly sql: Sql,
    private readonly objectStore: ObjectStore,
    private readonly index: IndexStore,
    private readonly settings: Pick<EngineSettings, 'packageDb' | 'distroNvdMatches'>,
  ) {}

  /**
   * Indexes the image's `analysis_data` in place of what was known of it and marks the image as analysed; idempotent. An
   * image that is gone or being deleted is left alone.
   *
   * @throws IndexError when the document is missing or no analysis; StorageError; errors of the database.
   */
  async run(name: ImageName, signal?: AbortSignal): Promise<IndexOutcome> {
    if (!(await this.exists(name))) return { outcome: 'gone' };
    const started = performance.now();
    const id = { account: name.account, bucket: 'analysis_data', key: name.digest };
    const found = await this.objectStore.get(id, signal ? { signal } : {});
    if (!found) {
      throw new IndexError(
        'document_missing',
        `the object store has no analysis of image ${name.digest}; analyze it again`,
      );
    }
    const content = await readAnalysis(found.body, {
      packageDb: this.settings.packageDb,
      ...(signal ? { signal } : {}),
    });
    if (!(await this.index.store(name, content, signal))) return { outcome: 'gone' };
    await this.noteVulnerabilities(name);
    return {
      outcome: 'indexed',
      packages: content.packages.length,
      packageFiles: content.packageDb?.entries.count,
      files: content.files?.count ?? 0,
      seconds: (performance.now() - started) / 1000,
    };
  }

  /** From now on they are known, whenever the image is judged. */
  private async noteVulnerabilities({ account, digest }: ImageName): Promise<void> {
    const row = await findImage(this.sql, { account, digest }, this.settings.packageDb);
    if (row) await imageVulnerabilities(this.sql, row, await readFeedState(this.sql, row), this.settings);
  }

  /** Notes a failed attempt at the image; after the last one the image counts as failed. */
  async failed(name: ImageName, reason: string, final: boolean): Promise<void> {
    const states = new ImageStates(this.sql);
    await (final ? states.fail(name.account, name.digest, reason) : states.note(name.account, name.digest, reason));
  }

  private async exists({ account, digest }: ImageName): Promise<boolean> {
    const rows = await this.sql.query(
      `SELECT 1 FROM catalog_image WHERE "userId" = $1 AND "imageDigest" = $2 AND image_status = 'active'`,
      [account, digest],
    );
    return rows.length > 0;
  }
}

import type { Sql } from '@kedge/database';
import type {
  ArtifactKind,
  DistroFeedState,
  FeedPackage,
  ImageFile,
  ImagePackage,
  ImageView,
  ImageVulnerability,
  ListedFile,
  PackageDbContent,
  PackageDifference,
} from '@kedge/policy';
import { distroFeedState, distroNamespace } from '../feeds/distro-namespace.js';
import type { FeedState } from '../feeds/feed-state.js';
import { imageVulnerabilities, type FoundVulnerability } from '../feeds/image-vulnerabilities.js';
import { readPackageFeed } from '../feeds/package-feed.js';
import { unpackDifferences } from '../verification/stored-differences.js';
import type { ContentCaches } from './content-cache.js';
import { FileTree } from './file-tree.js';
import { ImageChanged } from './image-changed.js';
import type { ImageRow } from './image-row.js';
import { PackageDatabase } from './package-database.js';
import { findPreviousImage, type PreviousImage } from './previous-image.js';

/** What an image is looked at with. */
export interface ViewParts {
  previous: { tag: string; image: PreviousImage | undefined };
  feeds: FeedState;
  /** Whether packages of Alpine are looked up in the National Vulnerability Database too. */
  distroNvdMatches: boolean;
  caches: ContentCaches;
}

/**
 * An indexed image. What it reads belongs to the row it was made of: when the image is indexed again meanwhile, reading
 * fails with ImageChanged or finds nothing, so check {@link isCurrent} in the end. Without records in the feed tables
 * there are no vulnerabilities and no feed packages.
 */
export class PgImageView implements ImageView {
  private readonly tree: FileTree | undefined;
  private readonly packageDatabase: PackageDatabase;
  private allPackages: Promise<ImagePackage[]> | undefined;
  private allVulnerabilities: Promise<FoundVulnerability[]> | undefined;

  constructor(
    private readonly sql: Sql,
    private readonly row: ImageRow,
    private readonly parts: ViewParts,
  ) {
    this.tree = row.fileBlockIds && new FileTree(sql, row.imageId, row.fileBlockIds, parts.caches.files);
    this.packageDatabase = new PackageDatabase(sql, row.imageId, row.contentIds, parts.caches.packages);
  }

  get imageId() {
    return this.row.imageId;
  }
  get account() {
    return this.row.account;
  }
  get digest() {
    return this.row.digest;
  }
  get size() {
    return this.row.size;
  }
  get distroName() {
    return this.row.distroName;
  }
  get distroVersion() {
    return this.row.distroVersion;
  }
  get likeDistro() {
    return this.row.likeDistro;
  }
  get layerCount() {
    return this.row.layerCount;
  }
  get architecture() {
    return this.row.architecture;
  }
  get os() {
    return this.row.os;
  }
  get dockerfileMode() {
    const mode = this.row.dockerfileMode;
    return mode === 'Actual' || mode === 'Guessed' || mode === 'Unknown' ? mode : null;
  }
  get dockerfileContents() {
    return this.row.dockerfileContents;
  }
  get packageDbState() {
    return this.row.packageDbState;
  }

  /** False when the image was indexed again or deleted since the view was made. */
  async isCurrent(): Promise<boolean> {
    const rows = await this.sql.query('SELECT 1 FROM policy_image WHERE id = $1', [this.row.id]);
    return rows.length > 0;
  }

  async packages(filter: { name?: string } = {}): Promise<ImagePackage[]> {
    const { name } = filter;
    if (this.allPackages === undefined && name !== undefined) {
      return readPackages(this.sql, this.imageId, this.row.packageIds, name);
    }
    const all = await (this.allPackages ??= readPackages(this.sql, this.imageId, this.row.packageIds));
    return name === undefined ? all : all.filter((found) => found.name === name);
  }

  async filesAt(paths: readonly string[]): Promise<(ImageFile | undefined)[] | undefined> {
    return this.tree?.at(paths);
  }

  async files(): Promise<AsyncIterable<Iterable<ListedFile>> | undefined> {
    return this.tree?.all();
  }

  packageDb(packages?: readonly string[]): AsyncIterable<PackageDbContent> {
    return this.packageDatabase.contents(packages);
  }

  async packageDifferences(): Promise<readonly PackageDifference[] | undefined> {
    const [row] = await this.sql.query<{ packed: Buffer | null }>(
      'SELECT package_differences AS packed FROM policy_image WHERE id = $1',
      [this.row.id],
    );
    if (!row) throw new ImageChanged(this.imageId);
    return row.packed ? unpackDifferences(row.packed) : undefined;
  }

  artifacts(kind: ArtifactKind): AsyncIterable<{ key: string; value: unknown }> {
    return this.sql.stream<{ key: string; value: unknown }>(
      'SELECT key, value FROM image_artifact WHERE image = $1 AND kind = $2 ORDER BY key COLLATE "C", id',
      [this.row.id, kind],
    );
  }

  async retrievedFile(path: string): Promise<Uint8Array | undefined> {
    const [row] = await this.sql.query<{ content: Buffer }>(
      `SELECT content FROM image_artifact WHERE image = $1 AND kind = 'retrieved_file' AND key = $2 ORDER BY id DESC LIMIT 1`,
      [this.row.id, path],
    );
    return row?.content;
  }

  async *vulnerabilities(): AsyncGenerator<ImageVulnerability> {
    yield* await (this.allVulnerabilities ??= imageVulnerabilities(this.sql, this.row, this.parts.feeds, this.parts));
  }

  async distroFeed(): Promise<DistroFeedState> {
    return distroFeedState(this.parts.feeds, await distroNamespace(this.sql, this.parts.feeds));
  }

  packageFeed(feed: 'gem' | 'npm', names: readonly string[]): Promise<ReadonlyMap<string, FeedPackage> | undefined> {
    return readPackageFeed(this.sql, this.parts.feeds, feed, names);
  }

  async previousPackages(tag: string): Promise<ImagePackage[] | undefined> {
    const { previous } = this.parts;
    const former = tag === previous.tag ? previous.image : await findPreviousImage(this.sql, this.row, tag);
    return former && readPackages(this.sql, this.imageId, former.packageIds);
  }
}

/** Packages by name, version, type, arch and path. */
async function readPackages(
  sql: Pick<Sql, 'query'>,
  imageId: string,
  ids: readonly string[],
  name?: string,
): Promise<ImagePackage[]> {
  const rows = await sql.query<Omit<ImagePackage, 'fullVersion' | 'size'> & { size: string | null }>(
    `SELECT name, version, release, type, arch, path, license, size FROM image_package
     WHERE id = ANY($1::bigint[]) AND ($2::text IS NULL OR name = $2)
     ORDER BY name COLLATE "C", version COLLATE "C", release COLLATE "C", type COLLATE "C", arch COLLATE "C",
       path COLLATE "C"`,
    [ids, name ?? null],
  );
  if (name === undefined && rows.length < ids.length) throw new ImageChanged(imageId);
  return rows.map(({ size, ...row }) => ({
    ...row,
    fullVersion: row.release === '' || row.release === 'N/A' ? row.version : `${row.version}-${row.release}`,
    size: size === null ? null : Number(size),
  }));
}

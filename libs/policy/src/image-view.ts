/** One package of an image, as the policy gates see it. Language packages carry their path, OS packages `pkgdb`. */
export interface ImagePackage {
  name: string;
  /** Version without release. */
  version: string;
  /** `version-release`, or the version when there is no release. */
  fullVersion: string;
  release: string;
  /** `dpkg`, `rpm`, `APKG`, `npm`, `gem`, `python`, `java`, ... */
  type: string;
  arch: string;
  path: string;
  license: string | null;
  size: number | null;
}

/** One path of the image's squashed tree. */
export interface ImageFile {
  path: string;
  type: 'file' | 'dir' | 'slink' | 'dev' | 'UNKNOWN';
  /** Type and permission bits as `st_mode`; 0 when unknown. */
  mode: number;
  uid: number;
  gid: number;
  size: number;
  linkTarget: string | null;
  sha1: string | null;
  sha256: string | null;
  md5: string | null;
  /** True when an OS package lists the path. */
  packaged: boolean;
}

/** A path of the tree as lists of all paths have it: digests have to be asked for. */
export type ListedFile = Omit<ImageFile, 'sha1' | 'sha256' | 'md5'>;

/** What an OS package database says of the paths that one package owns. */
export interface PackageDbContent {
  name: string;
  /** Version without release. */
  version: string;
  type: string;
  arch: string;
  /** By path, each path once. */
  entries: readonly PackageDbEntry[];
}

/** What an OS package database says of one path. */
export interface PackageDbEntry {
  path: string;
  isConfigFile: boolean;
  digest: string | null;
  digestAlgorithm: string | null;
  mode: number | null;
  size: number | null;
  userName: string | null;
  groupName: string | null;
}

/** How a packaged path differs from what the package database says. */
export type VerificationStatus = 'changed' | 'missing';

/** A packaged path that differs. */
export interface PackageDifference {
  packageName: string;
  path: string;
  status: VerificationStatus;
}

/** Artifact kinds an analysis leaves beside packages and files; kept files have `retrievedFile`. */
export type ArtifactKind = 'secret_search' | 'content_search' | 'malware';

/**
 * Whether `packages.verify` can be answered: `loaded`, `disabled` by `enable_package_db_load: false`, or `not_loaded`
 * because the image was indexed while it was disabled (policy spec 1.6, 1.10).
 */
export type PackageDbState = 'loaded' | 'disabled' | 'not_loaded';

/** One CVSS v3 score of a vulnerability. */
export interface CvssV3Score {
  baseScore: number | null;
  exploitabilityScore: number | null;
  impactScore: number | null;
}

/** One vulnerability of one package of the image; matches that the vendor will not fix are included. */
export interface ImageVulnerability {
  vulnerabilityId: string;
  /** As the feed writes it, `High`; empty counts as unknown. */
  severity: string;
  link: string;
  packageName: string;
  /** Version with release. */
  packageVersion: string;
  packageType: string;
  /** Path of a language package, `pkgdb` for OS packages. */
  location: string;
  fixVersions: readonly string[];
  /** When a fix was first seen; null when unknown. */
  fixObservedAt: Date | null;
  willNotFix: boolean;
  /** When the vulnerability was first found in this image; null when unknown. */
  detectedAt: Date | null;
  /** CVSS v3 scores by NVD and by the vendor; empty when there are none. */
  nvdScores: readonly CvssV3Score[];
  vendorScores: readonly CvssV3Score[];
}

/** What is known of the vulnerability feed for the image's distribution (policy spec 4.14). */
export interface DistroFeedState {
  /** `debian:9`. */
  namespace: string;
  /** True when the feed has records for the namespace or one that stands for it. */
  hasData: boolean;
  /** Oldest sync of the groups that this image needs; null when one of them was never synced. */
  lastSync: Date | null;
}

/** What a package feed knows of one package. */
export interface FeedPackage {
  latest: string;
  versions: readonly string[];
}

/**
 * Everything a gate may ask of an image. Gates ask for what they need and nothing else is read; lists that can be long
 * are async iterables in a stable order (packages by name, files and entries by path). Files and entries come in runs,
 * because a turn of the event loop for each of hundreds of thousands would cost more than the rules. Answers are those of
 * one moment: an evaluation may ask twice.
 *
 * A view throws PolicyError `image_view_failed` when its data cannot be read for now: that ends the evaluation without a
 * verdict. Any other error is held against the rule that asked, which then counts as stop.
 */
export interface ImageView {
  readonly imageId: string;
  readonly account: string;
  /** Digest of the manifest, `sha256:...`. */
  readonly digest: string | null;
  /** Bytes. */
  readonly size: number;
  readonly distroName: string | null;
  readonly distroVersion: string | null;
  /** Comma separated. */
  readonly likeDistro: string | null;
  readonly layerCount: number;
  readonly architecture: string | null;
  readonly os: string | null;
  readonly dockerfileMode: 'Actual' | 'Guessed' | 'Unknown' | null;
  readonly dockerfileContents: string | null;
  readonly packageDbState: PackageDbState;

  packages(filter?: { name?: string }): Promise<ImagePackage[]>;
  /**
   * The files at these paths, some thousands at most, in the order of the paths; undefined where the image has none.
   * Undefined as a whole when the image has no file data at all (an index defect, not an empty image).
   */
  filesAt(paths: readonly string[]): Promise<readonly (ImageFile | undefined)[] | undefined>;
  /** All files by path, in runs of some thousands at most. Undefined when the image has no file data at all. */
  files(): Promise<AsyncIterable<Iterable<ListedFile>> | undefined>;
  /** Ordered by name, version, type, arch. `packages`: only those with exactly these names. */
  packageDb(packages?: readonly string[]): AsyncIterable<PackageDbContent>;
  /**
   * What `packageDb` and the files differ in, in the order of `packageDb`, when the view knows it without comparing them;
   * undefined when it does not.
   */
  packageDifferences(): Promise<readonly PackageDifference[] | undefined>;
  /**
   * `value` is the artifact's JSON. Searches: key is the path, value `{<base64 of NAME=regex>: [line numbers]}`.
   * `malware`: key is the scanner, value `{scanner, findings: [{path, signature}]}`.
   */
  artifacts(kind: ArtifactKind): AsyncIterable<{ key: string; value: unknown }>;
  /** Content of a file that the analyzer kept; undefined when it did not. */
  retrievedFile(path: string): Promise<Uint8Array | undefined>;

  /** Every vulnerability match of the image, ordered by package name, then vulnerability id. */
  vulnerabilities(): AsyncIterable<ImageVulnerability>;
  distroFeed(): Promise<DistroFeedState>;
  /** What the feed knows of these packages; undefined when the feed was never synced. */
  packageFeed(feed: 'gem' | 'npm', names: readonly string[]): Promise<ReadonlyMap<string, FeedPackage> | undefined>;
  /** Packages of the image that the tag named before this one; undefined when there is none. */
  previousPackages(tag: string): Promise<ImagePackage[] | undefined>;
}

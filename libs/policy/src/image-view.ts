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

/** What an OS package database says of one path that the package owns. */
export interface PackageDbEntry {
  packageName: string;
  packageVersion: string;
  packageType: string;
  packageArch: string;
  path: string;
  isConfigFile: boolean;
  digest: string | null;
  digestAlgorithm: string | null;
  mode: number | null;
  size: number | null;
  userName: string | null;
  groupName: string | null;
}

/** Artifact kinds an analysis leaves beside packages and files. */
export type ArtifactKind = 'secret_search' | 'content_search' | 'retrieve_files' | 'malware';

/**
 * Whether `packages.verify` can be answered: `loaded`, `disabled` by `enable_package_db_load: false`, or `not_loaded`
 * because the image was indexed while it was disabled (policy spec 1.6, 1.10).
 */
export type PackageDbState = 'loaded' | 'disabled' | 'not_loaded';

/**
 * Everything a gate may ask of an image. Gates ask for what they need and nothing else is read; lists that can be long
 * are async iterables in a stable order (packages by name, files and entries by path).
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
  /** Undefined when the path does not exist in the image. */
  file(path: string): Promise<ImageFile | undefined>;
  /** Undefined when the image has no file data at all (an index defect, not an empty image). */
  files(): Promise<AsyncIterable<ImageFile> | undefined>;
  /** Entries ordered by package name, then path. `packages`: exact names; `directories`: raw path prefixes. */
  packageDbEntries(filter?: { packages?: string[]; directories?: string[] }): AsyncIterable<PackageDbEntry>;
  /** `value` is the artifact's JSON: for searches `{<base64 of NAME=regex>: [line numbers]}`. */
  artifacts(kind: ArtifactKind): AsyncIterable<{ key: string; value: unknown }>;
}

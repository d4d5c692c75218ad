import type {
  ArtifactKind,
  DistroFeedState,
  FeedPackage,
  ImageFile,
  ImagePackage,
  ImageView,
  ImageVulnerability,
  PackageDbContent,
  PackageDifference,
  PackageDbEntry,
} from '../image-view.js';

/** What a test says of its image; all else is empty. */
export interface ImageFacts extends Partial<Pick<ImageView, Facts>> {
  packages?: Partial<ImagePackage>[];
  /** Null: the image has no file data at all. */
  files?: (Partial<ImageFile> & { path: string })[] | null;
  entries?: (Partial<PackageDbEntry> & { path: string; packageName?: string })[];
  artifacts?: Partial<Record<ArtifactKind, Record<string, unknown>>>;
  retrieved?: Record<string, string>;
  vulnerabilities?: Partial<ImageVulnerability>[];
  feed?: Partial<DistroFeedState>;
  packageFeeds?: Partial<Record<'gem' | 'npm', Record<string, FeedPackage>>>;
  previous?: Partial<ImagePackage>[];
  /** What is known without comparing `entries` with `files`. */
  differences?: PackageDifference[];
  /** Called whenever the list of all files is asked for. */
  onFiles?: () => void;
}

type Facts = {
  [K in keyof ImageView]: ImageView[K] extends (...args: never[]) => unknown ? never : K;
}[keyof ImageView];

/** An image made of plain values. */
export function imageOf(facts: ImageFacts = {}): ImageView {
  const files = facts.files === null ? undefined : (facts.files ?? []).map(fileOf);
  return {
    imageId: 'a'.repeat(64),
    account: 'acme',
    digest: `sha256:${'d'.repeat(64)}`,
    size: 5_000_000,
    distroName: 'debian',
    distroVersion: '12',
    likeDistro: 'debian',
    layerCount: 3,
    architecture: 'amd64',
    os: 'linux',
    dockerfileMode: 'Guessed',
    dockerfileContents: 'FROM scratch\nUSER root\n',
    packageDbState: 'loaded',
    ...plain(facts),
    packages: async (filter) =>
      packagesOf(facts.packages).filter(({ name }) => filter?.name === undefined || name === filter.name),
    filesAt: async (paths) => files && paths.map((path) => files.find((file) => file.path === path)),
    files: async () => {
      facts.onFiles?.();
      return files && each([files.slice(0, 1), files.slice(1)]);
    },
    packageDb: (names) => each(contentsOf(facts.entries).filter(({ name }) => names?.includes(name) ?? true)),
    packageDifferences: async () => facts.differences,
    artifacts: (kind) => each(Object.entries(facts.artifacts?.[kind] ?? {}).map(([key, value]) => ({ key, value }))),
    retrievedFile: async (path) => {
      const content = facts.retrieved?.[path];
      return content === undefined ? undefined : Buffer.from(content);
    },
    vulnerabilities: () => each((facts.vulnerabilities ?? []).map(vulnerabilityOf)),
    distroFeed: async () => ({ namespace: 'debian:12', hasData: true, lastSync: null, ...facts.feed }),
    packageFeed: async (feed, names) => {
      const known = facts.packageFeeds?.[feed];
      return known && new Map(Object.entries(known).filter(([name]) => names.includes(name)));
    },
    previousPackages: async () => facts.previous && packagesOf(facts.previous),
  };
}

function plain(facts: ImageFacts): Partial<ImageView> {
  const {
    packages,
    files,
    entries,
    artifacts,
    retrieved,
    vulnerabilities,
    feed,
    packageFeeds,
    previous,
    onFiles,
    differences,
    ...rest
  } = facts;
  void [
    packages,
    files,
    entries,
    artifacts,
    retrieved,
    vulnerabilities,
    feed,
    packageFeeds,
    previous,
    onFiles,
    differences,
  ];
  return rest;
}

function packagesOf(packages: Partial<ImagePackage>[] = []): ImagePackage[] {
  return packages.map((given) => {
    const version = given.version ?? '1.0';
    const release = given.release ?? '';
    return {
      name: 'demo',
      version,
      release,
      fullVersion: release === '' ? version : `${version}-${release}`,
      type: 'dpkg',
      arch: 'amd64',
      path: 'pkgdb',
      license: null,
      size: null,
      ...given,
    };
  });
}

function fileOf(given: Partial<ImageFile> & { path: string }): ImageFile {
  return {
    type: 'file',
    mode: 0o100644,
    uid: 0,
    gid: 0,
    size: 10,
    linkTarget: null,
    sha1: null,
    sha256: null,
    md5: null,
    packaged: false,
    ...given,
  };
}

function contentsOf(entries: ImageFacts['entries'] = []): PackageDbContent[] {
  const unknown = { digest: null, digestAlgorithm: null, mode: null, size: null, userName: null, groupName: null };
  const byName = Map.groupBy(entries, ({ packageName }) => packageName ?? 'demo');
  return [...byName].map(([name, given]) => ({
    ...{ name, version: '1.0', type: 'dpkg', arch: 'amd64' },
    entries: given.map((entry) => ({ isConfigFile: false, ...unknown, ...entry })),
  }));
}

function vulnerabilityOf(given: Partial<ImageVulnerability>): ImageVulnerability {
  return {
    vulnerabilityId: 'CVE-2001-0001',
    severity: 'High',
    link: 'https://sec.example/CVE-2001-0001',
    packageName: 'libfoo',
    packageVersion: '2.0-1',
    packageType: 'dpkg',
    location: 'pkgdb',
    fixVersions: [],
    fixObservedAt: null,
    willNotFix: false,
    detectedAt: null,
    nvdScores: [],
    vendorScores: [],
    ...given,
  };
}

async function* each<T>(items: readonly T[]): AsyncGenerator<T> {
  for (const item of items) yield item;
}

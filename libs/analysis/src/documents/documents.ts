import type { Readable } from 'node:stream';
import { catalogPackages, runAnalyzer, type AnalyzerStatus } from '../catalog-packages.js';
import type { PackageReport } from '../catalogers/package-report.js';
import { detectDistro } from '../distro.js';
import type { ImageInventory } from '../image-inventory.js';
import { cleanPath } from '../layer/entry-path.js';
import type { AnalysisRules } from '../rules.js';
import { mergedTarSize } from '../squash.js';
import { base, fileChecksums, fileInfo, fileList, NO_DIGEST, setuidFiles } from './file-elements.js';
import { guessDockerfile, layerMap, type HistoryItem } from './history.js';
import { jsonStream, members, StreamedArray, StreamedObject } from './json-stream.js';

/** What is known of an image beside the content of its layers. */
export interface ImageFacts {
  /** Hex of the config's digest. */
  imageId: string;
  /** `sha256:<hex>` of the manifest. */
  digest: string;
  /** `registry/repository:tag`, the one under which the image is analysed. */
  fullTag: string;
  /** Of the config; `amd64`, ... */
  architecture: string;
  /** Digests of the layer blobs, base first. */
  layers: readonly string[];
  /** Parsed manifest. */
  manifest: unknown;
  history: readonly HistoryItem[];
  /** The Dockerfile that the user gave; guessed from the history when absent. */
  dockerfile?: string;
}

/** What the catalog shows of an image in lists. */
export interface ImageSummary {
  distro: string;
  distro_version: string;
  layer_count: number;
  arch: string;
  /** Bytes, see `mergedTarSize`. */
  image_size: number;
  dockerfile_mode: 'Actual' | 'Guessed';
}

/** The documents of one analysis. Each stream function makes a new stream that can be read once. */
export interface AnalysisDocuments {
  summary: ImageSummary;
  analyzerStatus: Record<string, AnalyzerStatus>;
  /** What was left out or could not be understood. */
  warnings: readonly string[];
  /** The image export: `[{image: {imageId, imagedata}}]`. */
  analysisData(): Readable;
  /** Content by type (`os`, `files`, `npm`, ..., `manifest`, `docker_history`, `dockerfile`). */
  imageContentData(): Readable;
}

export interface DocumentOptions {
  rules: AnalysisRules;
  /** `enable_owned_package_filtering`. Default true. */
  ownedPackageFilter?: boolean;
  /** `enable_hints`: also take the packages that the image's `/anchore_hints.json` lists. Default false. */
  hints?: boolean;
}

/**
 * Catalogues a merged image and describes its documents. Elements hold objects where the old system had JSON text inside
 * of JSON; readers accept both. A cataloger that fails is named in `analyzerStatus`, the rest of the analysis stands.
 */
export function buildDocuments(facts: ImageFacts, image: ImageInventory, options: DocumentOptions): AnalysisDocuments {
  const status: Record<string, AnalyzerStatus> = {};
  const { ownedPackageFilter = true, hints = false } = options;
  const packages = catalogPackages(image, status, { ownedPackageFilter, hints });
  const distro = runAnalyzer(status, 'analyzer_meta', () => detectDistro(image));
  const meta = distro ?? { DISTRO: 'Unknown', DISTROVERS: '0', LIKEDISTRO: 'Unknown' };
  // Systems without a package manager have an entry all the same, so that readers see that they were looked at.
  if (meta.DISTRO === 'busybox') packages.add('pkgs.all', 'BusyBox', meta.DISTROVERS.replace(/^v/, ''));
  else if (meta.DISTRO === 'Unknown') packages.add('pkgs.all', 'Unknown', '0');
  const searches = {
    secret_search: runAnalyzer(status, 'secret_search', () => [...image.hits('secret_search')]),
    content_search: runAnalyzer(status, 'content_search', () => [...image.hits('content_search')]),
  };
  const retrieved = runAnalyzer(status, 'retrieve_files', () => retrieveFiles(image, options.rules)) ?? [];
  for (const [name, rules] of [
    ['secret_search', options.rules.secretSearch],
    ['content_search', options.rules.contentSearch],
    ['retrieve_files', options.rules.retrieveFiles],
  ] as const) {
    if (rules === undefined) status[name] = { status: 'skipped', reason: 'not configured', milliseconds: 0 };
  }
  status['malware'] = { status: 'skipped', reason: 'no scanner is available', milliseconds: 0 };
  const dockerfileMode = facts.dockerfile === undefined ? ('Guessed' as const) : ('Actual' as const);
  const dockerfile = facts.dockerfile ?? guessDockerfile(facts.history);
  const size = mergedTarSize(image);
  const suids = setuidFiles(image);
  const search = (name: 'secret_search' | 'content_search') => {
    const hits = searches[name] ?? [];
    if (hits.length === 0) return undefined;
    return members({ 'regexp_matches.all': base(() => hits.map(({ path, matches }) => [path, matches])) });
  };
  const report = members({
    analyzer_meta: members({ analyzer_meta: base(() => Object.entries(meta)) }),
    layer_info: members({
      layers_to_dockerfile: base(() => [['dockerfile_to_layer_map', layerMap(facts.history)]]),
    }),
    retrieve_files: retrieved.length > 0 ? members({ 'file_content.all': base(() => retrieved) }) : undefined,
    secret_search: search('secret_search'),
    content_search: search('content_search'),
    file_list: members(fileList(image)),
    file_checksums: members(fileChecksums(image)),
    file_package_verify: packages.hasFileRecords
      ? members({ 'distro.pkgfilemeta': base(() => packages.fileRecords()) })
      : undefined,
    package_list: packageList(packages),
    file_suids: suids && members(suids),
    analyzer_status: status,
  });
  const imagedata = members({
    analyzer_manifest: {},
    analysis_report: report,
    image_report: imageReport(facts, { size, dockerfile, dockerfileMode }),
  });
  const image_ = members({ imageId: facts.imageId, imagedata });
  return {
    summary: {
      distro: meta.DISTRO,
      distro_version: meta.DISTROVERS,
      layer_count: facts.layers.length,
      arch: facts.architecture,
      image_size: size,
      dockerfile_mode: dockerfileMode,
    },
    analyzerStatus: status,
    warnings: [...image.warnings, ...packages.warnings],
    analysisData: () => jsonStream(new StreamedArray(() => [members({ image: image_ })])),
    imageContentData: () => jsonStream(contentData(facts, image, packages)),
  };
}

function packageList(packages: PackageReport): StreamedObject {
  return new StreamedObject(function* (): Generator<[string, unknown]> {
    for (const name of packages.elementNames()) yield [name, base(() => packages.element(name))];
    if (packages.packageFiles.size > 0) yield ['pkgfiles.all', base(() => packages.packageFiles)];
  });
}

function imageReport(facts: ImageFacts, of: { size: number; dockerfile: string; dockerfileMode: string }): object {
  const repository = facts.fullTag.replace(/:[^:/]*$/, '');
  const shortId = facts.imageId.slice(0, 12);
  return {
    meta: {
      shortparentId: '',
      sizebytes: of.size,
      imageId: facts.imageId,
      usertype: null,
      shortId,
      imagename: facts.imageId,
      parentId: '',
      shortname: shortId,
      humanname: facts.fullTag,
    },
    docker_history: facts.history,
    dockerfile_mode: of.dockerfileMode,
    dockerfile_contents: of.dockerfile,
    layers: facts.layers,
    familytree: facts.layers,
    docker_data: {
      Architecture: facts.architecture,
      RepoDigests: [`${repository}@${facts.digest}`],
      RepoTags: [facts.fullTag],
    },
  };
}

/** `image_content_data`: the part of the analysis that the content endpoints serve. */
function contentData(facts: ImageFacts, image: ImageInventory, packages: PackageReport): StreamedObject {
  const element = (name: string) => new StreamedObject(() => packages.element(name));
  return members({
    os: element('pkgs.allinfo'),
    files: new StreamedObject(function* (): Generator<[string, unknown]> {
      for (const entry of image.entries) {
        yield [entry.path, fileInfo(entry, entry.sha256 ?? NO_DIGEST)];
      }
    }),
    npm: element('pkgs.npms'),
    gem: element('pkgs.gems'),
    python: new StreamedObject(function* (): Generator<[string, unknown]> {
      for (const [key, record] of packages.element('pkgs.python'))
        yield [key, { ...(record as object), location: key }];
    }),
    java: element('pkgs.java'),
    binary: element('pkgs.binary'),
    go: element('pkgs.go'),
    nuget: element('pkgs.nuget'),
    malware: [],
    manifest: facts.manifest,
    docker_history: facts.history,
    dockerfile: facts.dockerfile ?? '',
  });
}

/** Configured paths that are regular files (no links) -> base64 in one line. */
function retrieveFiles(image: ImageInventory, rules: AnalysisRules): [string, string][] {
  const files: [string, string][] = [];
  for (const configured of rules.retrieveFiles?.paths ?? []) {
    const entry = image.get(cleanPath(configured).path);
    if (entry?.type !== 'file' || entry.hardLink || entry.size > (rules.retrieveFiles?.maxFileSize ?? Infinity))
      continue;
    const content = image.read(entry.path);
    if (content) files.push([configured, content.toString('base64')]);
  }
  return files;
}

import { DIGEST_BITS, DIGESTS, FILE_TYPES, FileTable, PACKAGED, type DigestName } from '../packed/file-table.js';
import type { AnalysisContent, Artifact } from './analysis-content.js';
import { IndexError } from './errors.js';
import { decodeHex } from './hex.js';
import { imageFacts, number, object, plain, text } from './image-facts.js';
import { readJson, type JsonVisitor, type Visit } from './json-reader.js';
import { packageRow, type PackageRow } from './package-records.js';
import { PackagedFiles } from './packaged-files.js';

export interface ReadAnalysisOptions {
  /** False: the packages database is not even looked at. */
  packageDb: boolean;
  signal?: AbortSignal;
}

/** Bounds on one document. Analysis itself stops at two million paths a layer. */
const LIMITS = { paths: 8_000_000, entries: 8_000_000, packages: 1_000_000, artifactBytes: 256 * 1024 * 1024 };
const MAX_VALUE = 64 * 1024 * 1024;

/**
 * Reads an `analysis_data` document as a stream: the image export `[{image: {imageId, imagedata}}]`, the bare
 * `{image_report, analysis_report}` and both inside of `{document: ...}`. Values may be JSON text. Sections come in any
 * order; what is kept of them is held in memory in a compact form.
 *
 * @throws IndexError; errors of the source.
 */
export async function readAnalysis(
  source: AsyncIterable<Uint8Array>,
  options: ReadAnalysisOptions,
): Promise<AnalysisContent> {
  const sections = new AnalysisSections(options.packageDb);
  await readJson(source, sections, { maxValueBytes: MAX_VALUE, ...(options.signal ? { signal: options.signal } : {}) });
  return sections.content();
}

type Member = (name: string, bytes: Buffer, start: number, end: number) => void;

const WRAPPERS = new Set(['document', 'image', 'imagedata']);
const DIGEST_ELEMENTS: Record<string, DigestName> = {
  'files.sha256sums': 'sha256',
  'files.sha1sums': 'sha1',
  'files.md5sums': 'md5',
};

/** The parts of the document that are kept, and where they go. */
class AnalysisSections implements JsonVisitor {
  private imageId: unknown;
  private imageReport: unknown;
  private analyzerMeta: unknown;
  private reportSeen = false;
  private hasFiles = false;
  private readonly files = new FileTable();
  private readonly packages = new Map<string, PackageRow>();
  private readonly packaged = new PackagedFiles();
  private readonly artifacts: Artifact[] = [];
  private artifactBytes = 0;
  private current: Member = () => undefined;

  constructor(private readonly packageDb: boolean) {}

  visit(path: readonly string[]): Visit {
    const last = path.at(-1) ?? '';
    const report = path.indexOf('analysis_report');
    if (report < 0) {
      if (last === 'image_report' || last === 'imageId') return 'take';
      return WRAPPERS.has(last) ? 'enter' : 'skip';
    }
    const [analyzer, element = '', base] = path.slice(report + 1);
    if (analyzer === undefined) {
      this.reportSeen = true;
      return 'enter';
    }
    if (base === undefined) return element === '' || this.section(analyzer, element) ? 'enter' : 'skip';
    return analyzer === 'analyzer_meta' ? 'take' : 'each';
  }

  take(path: readonly string[], bytes: Buffer, start: number, end: number): void {
    const value = this.parse(bytes, start, end);
    const last = path.at(-1);
    if (path.includes('analyzer_meta')) this.analyzerMeta = value;
    else if (last === 'image_report') this.imageReport = value;
    else if (last === 'imageId') this.imageId = value;
    else this.takeMembers(path, value);
  }

  /** The members of a section that is JSON text itself. */
  private takeMembers(path: readonly string[], value: unknown): void {
    this.begin(path);
    for (const [name, member] of Object.entries(object(value))) {
      const bytes = Buffer.from(JSON.stringify(member));
      this.current(name, bytes, 0, bytes.length);
    }
  }

  begin(path: readonly string[]): void {
    const [analyzer = '', element = ''] = path.slice(path.indexOf('analysis_report') + 1);
    this.current = this.section(analyzer, element) ?? (() => undefined);
    this.files.rewind();
    if (element === 'files.allinfo') this.hasFiles = true;
  }

  member(name: string, bytes: Buffer, start: number, end: number): void {
    this.current(name, bytes, start, end);
  }

  content(): AnalysisContent {
    if (!this.reportSeen) throw new IndexError('document_invalid', 'the analysis document has no analysis_report');
    const packages = [...this.packages.values()];
    return {
      facts: imageFacts(this.imageReport, this.analyzerMeta, this.imageId),
      packages,
      contents: this.packageDb ? this.packaged.contents(packages) : undefined,
      files: this.hasFiles ? this.files : undefined,
      artifacts: this.artifacts,
      entryCount: this.packaged.count,
    };
  }

  /** What takes the members of a section; undefined when the section is of no interest. */
  private section(analyzer: string, element: string): Member | undefined {
    const digest = DIGEST_ELEMENTS[element];
    switch (analyzer) {
      case 'analyzer_meta':
        return () => undefined;
      case 'file_list':
        return element === 'files.allinfo' ? this.fileInfo : undefined;
      case 'file_checksums':
        return digest && this.checksums(digest);
      case 'package_list':
        return element === 'pkgfiles.all' ? this.packageFile : this.packageRecords(element);
      case 'file_package_verify':
        return this.packageDb && element === 'distro.pkgfilemeta' ? this.packageEntries : undefined;
      case 'retrieve_files':
        return this.retrievedFile;
      case 'secret_search':
      case 'content_search':
      case 'malware':
        return this.artifactValues(analyzer);
      default:
        return undefined;
    }
  }

  private readonly fileInfo: Member = (path, bytes, start, end) => {
    const info = object(this.parse(bytes, start, end));
    const type = FILE_TYPES.find((known) => known === info['type']) ?? 'UNKNOWN';
    this.files.describe(this.fileRow(path), {
      type,
      mode: natural(info['mode']) % 0x1_0000_0000,
      uid: natural(info['uid']),
      gid: natural(info['gid']),
      size: natural(info['size']),
      linkTarget: type === 'slink' ? text(info['linkdst']) : null,
    });
  };

  private checksums(name: DigestName): Member {
    const { length } = DIGESTS[name];
    return (path, bytes, start, end) => {
      // `DIRECTORY_OR_OTHER` and null stand for no digest.
      if (end - start !== length * 2 + 2) return;
      const row = this.fileRow(path);
      const to = this.files.digestAt(row, name);
      if (decodeHex(bytes, start + 1, length, this.files.digests, to)) this.files.flag(row, DIGEST_BITS[name]);
    };
  }

  private readonly packageFile: Member = (path) => {
    this.files.flag(this.fileRow(path), PACKAGED);
  };

  private packageRecords(element: string): Member | undefined {
    if (!element.startsWith('pkgs.')) return undefined;
    return (key, bytes, start, end) => {
      const row = packageRow(element, key, this.parse(bytes, start, end));
      if (row === undefined) return;
      const { name, version, release, type, arch, path } = row;
      this.packages.set(JSON.stringify([name, version, release, type, arch, path]), row);
      if (this.packages.size > LIMITS.packages) tooLarge(`more than ${LIMITS.packages} packages`);
    };
  }

  private readonly packageEntries: Member = (path, bytes, start, end) => {
    this.packaged.add(path, this.parse(bytes, start, end));
    if (this.packaged.count > LIMITS.entries) tooLarge(`more than ${LIMITS.entries} packaged files`);
  };

  private readonly retrievedFile: Member = (path, bytes, start, end) => {
    const value = this.parse(bytes, start, end);
    if (typeof value !== 'string') return;
    this.artifact({ kind: 'retrieved_file', key: path, content: Buffer.from(value, 'base64') }, end - start);
  };

  private artifactValues(kind: 'secret_search' | 'content_search' | 'malware'): Member {
    return (key, bytes, start, end) => {
      this.artifact({ kind, key, value: plain(this.parse(bytes, start, end)) }, end - start);
    };
  }

  private artifact(artifact: Artifact, bytes: number): void {
    this.artifacts.push(artifact);
    this.artifactBytes += bytes;
    if (this.artifactBytes > LIMITS.artifactBytes)
      tooLarge(`search hits and kept files of ${this.artifactBytes} bytes`);
  }

  private fileRow(path: string): number {
    const row = this.files.row(path);
    if (row >= LIMITS.paths) tooLarge(`more than ${LIMITS.paths} paths`);
    return row;
  }

  private parse(bytes: Buffer, start: number, end: number): unknown {
    try {
      return JSON.parse(bytes.toString('utf8', start, end)) as unknown;
    } catch (cause) {
      throw new IndexError('document_invalid', `the analysis document is no JSON: ${(cause as Error).message}`, cause);
    }
  }
}

function natural(value: unknown): number {
  return Math.max(0, number(value) ?? 0);
}

function tooLarge(what: string): never {
  throw new IndexError('document_too_large', `the analysis document has ${what}, which is beyond what is indexed`);
}

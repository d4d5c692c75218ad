import { DIGEST_BITS, DIGESTS, FileTable, PACKAGED, type DigestName } from '../packed/file-table.js';
import type { AnalysisContent, Artifact } from './analysis-content.js';
import { IndexError } from './errors.js';
import { FileInfoReader } from './file-info.js';
import { decodeHex } from './hex.js';
import { imageFacts, object, plain } from './image-facts.js';
import { readJson, type JsonVisitor, type MemberName, type Visit } from './json-reader.js';
import { BYTE, scanString, scanValue } from './json-scan.js';
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

/** Reads the value of a member at `start`; answers where it ends, -1 when it is not complete. */
type Member = (name: MemberName, bytes: Buffer, start: number, last: boolean) => number;

/** Takes the whole value of a member. */
function whole(take: (name: string, value: unknown, length: number) => void): Member {
  return (name, bytes, start, last) => {
    const end = scanValue(bytes, start, last);
    if (end < 0) return -1;
    const text = name.bytes.toString('utf8', name.start, name.end);
    take(text, JSON.parse(bytes.toString('utf8', start, end)) as unknown, end - start);
    return end;
  };
}

const passOver: Member = (_name, bytes, start, last) => scanValue(bytes, start, last);

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
  private readonly fileInfo = new FileInfoReader();
  private current: Member = passOver;

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
      const nameBytes = Buffer.from(name);
      this.member({ bytes: nameBytes, start: 0, end: nameBytes.length }, bytes, 0, true);
    }
  }

  begin(path: readonly string[]): void {
    const [analyzer = '', element = ''] = path.slice(path.indexOf('analysis_report') + 1);
    this.current = this.section(analyzer, element) ?? passOver;
    this.files.rewind();
    if (element === 'files.allinfo') this.hasFiles = true;
  }

  member(name: MemberName, bytes: Buffer, start: number, last: boolean): number {
    return this.parsed(() => this.current(name, bytes, start, last));
  }

  content(): AnalysisContent {
    if (!this.reportSeen) throw new IndexError('document_invalid', 'the analysis document has no analysis_report');
    const packages = [...this.packages.values()];
    return {
      facts: imageFacts(this.imageReport, this.analyzerMeta, this.imageId),
      packages,
      packageDb: this.packageDb
        ? { entries: this.packaged.table, contents: [...this.packaged.contents(packages)] }
        : undefined,
      files: this.hasFiles ? this.files : undefined,
      artifacts: this.artifacts,
    };
  }

  /** What takes the members of a section; undefined when the section is of no interest. */
  private section(analyzer: string, element: string): Member | undefined {
    const digest = DIGEST_ELEMENTS[element];
    switch (analyzer) {
      case 'analyzer_meta':
        return passOver;
      case 'file_list':
        return element === 'files.allinfo' ? this.fileRecord : undefined;
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

  private readonly fileRecord: Member = (path, bytes, start, last) => {
    const end = this.fileInfo.read(bytes, start, last);
    if (end >= 0) this.files.describe(this.fileRow(path), this.fileInfo.facts);
    return end;
  };

  private checksums(name: DigestName): Member {
    const { length } = DIGESTS[name];
    return (path, bytes, start, last) => {
      const end = bytes[start] === BYTE.quote ? scanString(bytes, start) : scanValue(bytes, start, last);
      // `DIRECTORY_OR_OTHER` and null stand for no digest.
      if (end - start !== length * 2 + 2) return end;
      const row = this.fileRow(path);
      const to = this.files.digestAt(row, name);
      if (decodeHex(bytes, start + 1, length, this.files.digests, to)) this.files.flag(row, DIGEST_BITS[name]);
      return end;
    };
  }

  private readonly packageFile: Member = (path, bytes, start, last) => {
    const end = scanValue(bytes, start, last);
    if (end >= 0) this.files.flag(this.fileRow(path), PACKAGED);
    return end;
  };

  private packageRecords(element: string): Member | undefined {
    if (!element.startsWith('pkgs.')) return undefined;
    return whole((key, value) => {
      const row = packageRow(element, key, value);
      if (row === undefined) return;
      const { name, version, release, type, arch, path } = row;
      this.packages.set(JSON.stringify([name, version, release, type, arch, path]), row);
      if (this.packages.size > LIMITS.packages) tooLarge(`more than ${LIMITS.packages} packages`);
    });
  }

  private readonly packageEntries: Member = (path, bytes, start, last) => {
    const end = this.packaged.add(path, bytes, start, last);
    if (this.packaged.table.count > LIMITS.entries) tooLarge(`more than ${LIMITS.entries} packaged files`);
    return end;
  };

  private readonly retrievedFile: Member = whole((path, value, length) => {
    if (typeof value !== 'string') return;
    this.artifact({ kind: 'retrieved_file', key: path, content: Buffer.from(value, 'base64') }, length);
  });

  private artifactValues(kind: 'secret_search' | 'content_search' | 'malware'): Member {
    return whole((key, value, length) => this.artifact({ kind, key, value: plain(value) }, length));
  }

  private artifact(artifact: Artifact, bytes: number): void {
    this.artifacts.push(artifact);
    this.artifactBytes += bytes;
    if (this.artifactBytes > LIMITS.artifactBytes)
      tooLarge(`search hits and kept files of ${this.artifactBytes} bytes`);
  }

  private fileRow(path: MemberName): number {
    const row = this.files.row(path.bytes, path.start, path.end);
    if (row >= LIMITS.paths) tooLarge(`more than ${LIMITS.paths} paths`);
    return row;
  }

  private parse(bytes: Buffer, start: number, end: number): unknown {
    return this.parsed(() => JSON.parse(bytes.toString('utf8', start, end)) as unknown);
  }

  private parsed<T>(parse: () => T): T {
    try {
      return parse();
    } catch (cause) {
      if (cause instanceof IndexError) throw cause;
      throw new IndexError('document_invalid', `the analysis document is no JSON: ${(cause as Error).message}`, cause);
    }
  }
}

function tooLarge(what: string): never {
  throw new IndexError('document_too_large', `the analysis document has ${what}, which is beyond what is indexed`);
}

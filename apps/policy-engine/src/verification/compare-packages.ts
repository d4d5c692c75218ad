import type { PackageDifference, VerificationStatus } from '@kedge/policy';
import type { AnalysisContent } from '../analysis-document/analysis-content.js';
import type { PackageContent } from '../analysis-document/packaged-files.js';
import { FairTurns } from '../image-view/fair-turns.js';
import { CONFIG_FILE, DIGEST_AS_TEXT, HAS_DIGEST, HAS_MODE, HAS_SIZE, type EntryTable } from '../packed/entry-table.js';
import { DIGEST_BITS, DIGESTS, FILE_TYPES, type DigestName, type FileTable } from '../packed/file-table.js';
import { FileFinder } from './file-finder.js';

/** Images that differ in more are compared whenever they are judged. */
const MOST = 20_000;
/** Entries that are compared between two looks at the clock. */
const RUN = 1000;

const TYPE_BITS = 0o170000;
const PERMISSIONS = 0o7777;
const FILE = FILE_TYPES.indexOf('file');
const DIRECTORY = FILE_TYPES.indexOf('dir');

/**
 * Compares what packages own with the files of the image, as `verifyEntry` of @kedge/policy does, on the columns of the
 * analysis. By name, version, type and architecture of the packages, then by path. Undefined when there is nothing to
 * compare, or so many differences that they are not worth keeping.
 */
export async function comparePackages(
  { packageDb, files }: Pick<AnalysisContent, 'packageDb' | 'files'>,
  signal?: AbortSignal,
): Promise<PackageDifference[] | undefined> {
  if (!packageDb || !files) return undefined;
  const { entries } = packageDb;
  const turns = new FairTurns();
  const fileRows = new Int32Array(entries.count);
  const finder = new FileFinder(files);
  const { paths } = entries;
  // In the order of the document, which mostly is that of the paths.
  for (let row = 0; row < entries.count; row += 1) {
    if (row % RUN === 0) await turns.next();
    fileRows[row] = finder.find(paths.bytes, paths.start(row), paths.end(row));
  }
  signal?.throwIfAborted();
  const comparison = new Comparison(entries, files);
  const found: PackageDifference[] = [];
  for (const { name, rows } of packageDb.contents.toSorted(byIdentity)) {
    await turns.next();
    for (const row of rows) {
      const status = comparison.status(row, fileRows[row] as number);
      if (status === undefined) continue;
      if (found.length === MOST) return undefined;
      found.push({ packageName: name, path: paths.text(row), status });
    }
  }
  return found;
}

/** Entries of a package database beside files. */
class Comparison {
  /** By place in `texts`, the digest that the algorithm of this name gives. */
  private readonly algorithms: (DigestName | undefined)[];

  constructor(
    private readonly entries: EntryTable,
    private readonly files: FileTable,
  ) {
    this.algorithms = entries.texts.map((text) => (Object.keys(DIGESTS) as DigestName[]).find((name) => name === text));
  }

  /** `file` is -1 when there is none. */
  status(entry: number, file: number): VerificationStatus | undefined {
    if (file < 0) return 'missing';
    const { entries, files } = this;
    const flags = entries.flags[entry] as number;
    if ((flags & CONFIG_FILE) !== 0) return undefined;
    const type = files.types[file] as number;
    if (type !== FILE && type !== DIRECTORY) return undefined;
    if (type === FILE && this.digestDiffers(entry, flags, file)) return 'changed';
    if ((flags & HAS_MODE) !== 0 && modeDiffers(entries.modes[entry] as number, files.modes[file] as number))
      return 'changed';
    if (type !== FILE || (flags & HAS_SIZE) === 0) return undefined;
    const [expected, actual] = [entries.sizes[entry] as number, files.sizes[file] as number];
    return expected !== 0 && actual !== 0 && expected !== actual ? 'changed' : undefined;
  }

  private digestDiffers(entry: number, flags: number, file: number): boolean {
    const { entries, files } = this;
    const name = this.algorithms[entries.algorithms[entry] as number];
    if (name === undefined || (flags & HAS_DIGEST) === 0) return false;
    if (((files.flags[file] as number) & DIGEST_BITS[name]) === 0) return false;
    const start = entries.digests.start(entry);
    const end = entries.digests.end(entry);
    if (start === end) return false;
    const { length } = DIGESTS[name];
    const at = files.digestAt(file, name);
    if ((flags & DIGEST_AS_TEXT) !== 0) {
      const actual = Buffer.from(files.digests.subarray(at, at + length)).toString('hex');
      return entries.digests.text(entry).toLowerCase() !== actual;
    }
    if (end - start !== length) return true;
    for (let offset = 0; offset < length; offset += 1) {
      if (entries.digests.bytes[start + offset] !== files.digests[at + offset]) return true;
    }
    return false;
  }
}

/** Where one side has no type bits only the permissions are compared, all twelve of them. */
function modeDiffers(expected: number, actual: number): boolean {
  if (expected === 0 || actual === 0) return false;
  const both = (expected & TYPE_BITS) !== 0 && (actual & TYPE_BITS) !== 0;
  const compared = both ? TYPE_BITS | PERMISSIONS : PERMISSIONS;
  return (expected & compared) !== (actual & compared);
}

function byIdentity(a: PackageContent, b: PackageContent): number {
  return inBytes(a.name, b.name) || inBytes(a.version, b.version) || inBytes(a.type, b.type) || inBytes(a.arch, b.arch);
}

/** The order of PostgreSQL's "C" collation. */
function inBytes(a: string, b: string): number {
  return a === b ? 0 : Buffer.compare(Buffer.from(a), Buffer.from(b));
}

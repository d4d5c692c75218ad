import { firstElement } from './xml.js';
import { ZipError, readZipEntry, zipEntries, type ZipEntry } from './zip-archive.js';

/** Maven coordinates from a `pom.properties`. */
export interface Pom {
  groupId: string;
  artifactId: string;
  version: string;
  /** Group ids of the `pom.xml` beside it, its parent's included, when they differ. */
  otherGroupIds?: string[];
}

/** What is read of one Java archive. */
export interface JavaArchive {
  /** `''` for the file itself, `:WEB-INF/lib/a.jar` for an archive inside. */
  suffix: string;
  /** Fields that matter; undefined without a manifest. */
  manifest?: JavaManifest;
  poms: Pom[];
}

export interface JavaManifest {
  main: Record<string, string>;
  /** Main and named sections, the later one wins. */
  all: Record<string, string>;
}

const ARCHIVE = /\.(?:jar|war|ear|jpi|hpi)$/i;
const MAX_DEPTH = 8;
const MAX_ENTRIES = 500_000;
const MAX_ARCHIVES = 20_000;
const MAX_TEXT = 1024 * 1024;
const MAX_FIELD = 1000;
const MAX_LOCATION = 4096;
const MAX_PROBLEMS = 100;

/** Fields of a manifest that tell name, version or origin. */
const FIELDS = new Set([
  'Name',
  'Bundle-Name',
  'Short-Name',
  'Extension-Name',
  'Implementation-Title',
  'Implementation-Version',
  'Specification-Version',
  'Plugin-Version',
  'Bundle-Version',
  'Specification-Vendor',
  'Implementation-Vendor',
  'Implementation-Vendor-Id',
  'Bundle-SymbolicName',
  'Bundle-Activator',
  'Automatic-Module-Name',
  'Main-Class',
  'Package',
]);

/** What is left to spend on one outermost archive, nested ones included, and what went wrong. */
interface Work {
  bytes: number;
  entries: number;
  archives: number;
  problems: string[];
}

/** True for a path that is a Java archive by its ending (jar, war, ear, jpi, hpi). */
export function isJavaArchive(path: string): boolean {
  return ARCHIVE.test(path);
}

/**
 * Reads manifests and Maven coordinates of an archive and of the archives in it, eight levels deep. `maxBytes` bounds the
 * sum of everything that is inflated. What is damaged or passes a bound is left out; after the last archive a
 * {@link ZipError} then says so.
 */
export function* readJavaArchive(content: Buffer, maxBytes: number): Generator<JavaArchive> {
  const work: Work = { bytes: maxBytes, entries: MAX_ENTRIES, archives: MAX_ARCHIVES, problems: [] };
  yield* readLevel(content, '', work, 0);
  const [first, ...more] = work.problems;
  if (first !== undefined)
    throw new ZipError(`${first}${more.length > 0 ? ` (and ${more.length} more problems)` : ''}`);
}

function* readLevel(content: Buffer, suffix: string, work: Work, depth: number): Generator<JavaArchive> {
  const archive: JavaArchive = { suffix, poms: [] };
  const poms = new Map<string, Pom>();
  const groupIds = new Map<string, string[]>();
  const nested: ZipEntry[] = [];
  const read = (entry: ZipEntry, use: (text: string) => void) =>
    attempt(work, suffix, () => use(spend(content, entry, work, MAX_TEXT).toString('utf8')));
  attempt(work, suffix, () => {
    for (const entry of zipEntries(content)) {
      if ((work.entries -= 1) < 0) throw new ZipError(`more than ${MAX_ENTRIES} members`);
      const { name } = entry;
      if (name.toUpperCase() === 'META-INF/MANIFEST.MF')
        read(entry, (text) => (archive.manifest = parseManifest(text)));
      else if (name.endsWith('pom.properties')) {
        read(entry, (text) => {
          const pom = parsePom(text);
          if (pom) poms.set(folderOf(name), pom);
        });
      } else if (name.endsWith('/pom.xml')) read(entry, (text) => groupIds.set(folderOf(name), pomGroupIds(text)));
      else if (isJavaArchive(name)) nested.push(entry);
    }
  });
  for (const [folder, pom] of poms) {
    const others = groupIds.get(folder)?.filter((id) => id !== pom.groupId) ?? [];
    archive.poms.push(others.length > 0 ? { ...pom, otherGroupIds: others } : pom);
  }
  yield archive;
  for (const entry of nested) {
    const inner = attempt(work, suffix, () => {
      if (depth === MAX_DEPTH) throw new ZipError(`${entry.name} lies more than ${MAX_DEPTH} archives deep`);
      if (suffix.length + entry.name.length > MAX_LOCATION) throw new ZipError('an archive in it has too long a name');
      if ((work.archives -= 1) < 0) throw new ZipError(`more than ${MAX_ARCHIVES} archives in archives`);
      return spend(content, entry, work, Infinity);
    });
    if (inner) yield* readLevel(inner, `${suffix}:${entry.name}`, work, depth + 1);
  }
}

/** Reads a member within what is left; a member that is too large costs nothing. */
function spend(content: Buffer, entry: ZipEntry, work: Work, limit: number): Buffer {
  if (entry.size > Math.min(limit, work.bytes)) {
    throw new ZipError(`${entry.name} has ${entry.size} bytes, more than are looked at`);
  }
  work.bytes -= entry.size;
  return readZipEntry(content, entry);
}

function attempt<T>(work: Work, suffix: string, act: () => T): T | undefined {
  try {
    return act();
  } catch (error) {
    if (work.problems.length < MAX_PROBLEMS) {
      work.problems.push(`${suffix === '' ? '' : `${suffix}: `}${(error as Error).message.slice(0, MAX_FIELD)}`);
    }
    return undefined;
  }
}

/** The fields of interest of a manifest (JAR File Specification): sections end at empty lines, long lines go on indented. */
export function parseManifest(text: string): JavaManifest {
  const manifest: JavaManifest = { main: {}, all: {} };
  let sections = 0;
  let previous = '';
  for (const line of text.replace(/\r\n?/g, '\n').replaceAll('\n ', '').split('\n')) {
    if (line !== '' && previous === '') sections += 1;
    previous = line;
    const colon = line.indexOf(':');
    const key = line.slice(0, Math.max(0, colon));
    if (!FIELDS.has(key)) continue;
    const value = line.slice(colon + 1, colon + 1 + MAX_FIELD).trim();
    manifest.all[key] = value;
    if (sections === 1) manifest.main[key] = value;
  }
  return manifest;
}

/** Coordinates of `pom.properties`; undefined without artifact id or version. */
export function parsePom(text: string): Pom | undefined {
  const fields = new Map<string, string>();
  for (const line of text.split(/\r?\n/)) {
    const match = /^([^#!=:\s][^=:\s]*)\s*[=:](.*)$/.exec(line.trim());
    if (match) fields.set(match[1] ?? '', (match[2] ?? '').trim().slice(0, MAX_FIELD));
  }
  const artifactId = fields.get('artifactId') ?? '';
  const version = fields.get('version') ?? '';
  return artifactId === '' || version === ''
    ? undefined
    : { groupId: fields.get('groupId') ?? '', artifactId, version };
}

/** Group ids of a `pom.xml`: its parent's and its own; the own one stands before the dependencies. */
function pomGroupIds(text: string): string[] {
  const head = text.split('<dependencies', 1)[0] ?? '';
  const parent = head.indexOf('<parent>');
  const end = head.indexOf('</parent>', Math.max(parent, 0));
  const own = parent >= 0 && end >= 0 ? head.slice(0, parent) + head.slice(end) : head;
  const ids = [firstElement(own, 'groupId').text];
  if (parent >= 0 && end >= 0) ids.push(firstElement(head.slice(parent, end), 'groupId').text);
  return [...new Set(ids)].filter((id) => id !== '' && id.length <= MAX_FIELD && !id.includes('${'));
}

function folderOf(name: string): string {
  return name.slice(0, name.lastIndexOf('/') + 1);
}

import { baseName, parentOf } from '../layer/entry-path.js';
import type { ImageInventory } from '../image-inventory.js';
import type { Cataloger, Interest } from './cataloger.js';
import { cpes, personVendor } from './cpe.js';
import type { PackageReport } from './package-report.js';
import { readEgg, type PythonEgg } from './python-egg.js';
import { PythonMetadata } from './python-metadata.js';

const DESCRIBED = /\.(?:dist-info\/METADATA|egg-info\/PKG-INFO|egg-info)$|\.egg\/EGG-INFO\/PKG-INFO$/;
const SIBLINGS = /\.(?:dist-info|egg-info|egg\/EGG-INFO)\/(?:RECORD|top_level\.txt|installed-files\.txt)$/;

/**
 * Installed Python distributions: `*.dist-info` (PEP 376, 427), `*.egg-info` (a directory or a single file) and eggs
 * (a directory or a zip archive).
 */
export const python: Cataloger = {
  name: 'python',
  version: 2,
  wants: interest,
  sizeLimit: (limits, path) => (path.endsWith('.egg') ? limits.archiveBytes : limits.keptFileBytes),
  extract: (_path, content) => readEgg(content),
  catalog(image, report) {
    for (const path of image.keptPaths()) {
      if (!DESCRIBED.test(path)) continue;
      const single = path.endsWith('.egg-info');
      const directory = parentOf(path);
      const egg = path.endsWith('/EGG-INFO/PKG-INFO');
      add(report, path, {
        metadata: new PythonMetadata(text(image, path)),
        site: single ? directory : egg ? parentOf(parentOf(directory)) : parentOf(directory),
        topLevel: single ? [] : text(image, `${directory}/top_level.txt`).split(/\r?\n/),
        files: (site) => (single ? [] : installedFiles(image, directory, site, report.warnings)),
        fallbackKey: single ? path : directory,
      });
    }
    for (const { path, value } of image.facts('python')) {
      const egg = value as PythonEgg;
      const files = () => egg.files.map((file) => `${path}/${file}`);
      const metadata = new PythonMetadata(egg.metadata);
      add(report, path, { metadata, site: parentOf(path), topLevel: egg.topLevel, files, fallbackKey: path });
    }
  },
};

function interest(path: string): Interest | undefined {
  if (path.endsWith('.egg')) return 'extract';
  return path.includes('-info') || path.includes('/EGG-INFO/')
    ? DESCRIBED.test(path) || SIBLINGS.test(path)
      ? 'keep'
      : undefined
    : undefined;
}

interface Distribution {
  metadata: PythonMetadata;
  /** The directory that Python searches. */
  site: string;
  topLevel: string[];
  files: (site: string) => string[];
  /** Names the record when another one has the key that its top-level name gives. */
  fallbackKey: string;
}

function add(report: PackageReport, path: string, found: Distribution): void {
  const { metadata, site } = found;
  const name = metadata.get('Name');
  // The interpreter describes itself like a distribution; it is no package of the index.
  if (name === '' || name === 'Python') return;
  const version = metadata.get('Version');
  const author = metadata.get('Author');
  const mail = metadata.get('Author-email');
  const persons = metadata.mailNames().map(personVendor);
  if (author !== '') persons.push({ ...personVendor(author), variants: false });
  const record = {
    name,
    version,
    latest: version,
    files: found.files(site),
    origin: mail === '' ? author : `${author} <${mail}>`.trim(),
    license: metadata.license(),
    location: site,
    type: 'python',
    cpes: cpes({
      kind: 'python',
      name,
      version,
      products: name.startsWith('python') ? [name] : [name, `python-${name}`],
      vendors: persons,
    }),
  };
  const key = `${site === '/' ? '' : site}/${keyName(found.topLevel, name)}`;
  if (!report.add('pkgs.python', key, record, path)) report.add('pkgs.python', found.fallbackKey, record, path);
}

/** Splits one line of RECORD, which is CSV (RFC 4180): fields may be quoted. */
export function splitCsvLine(line: string): string[] {
  const fields: string[] = [];
  const pattern = /(?:^|,)(?:"((?:[^"]|"")*)"|([^,]*))/g;
  for (const match of line.matchAll(pattern)) fields.push(match[1]?.replaceAll('""', '"') ?? match[2] ?? '');
  return fields;
}

/** Files by RECORD, or by the list that older installers left, whose paths are relative to the directory itself. */
function installedFiles(image: ImageInventory, directory: string, site: string, warnings: string[]): string[] {
  const record = text(image, `${directory}/RECORD`);
  if (record === '') {
    const listed = text(image, `${directory}/installed-files.txt`).split(/\r?\n/);
    return listed.filter((line) => line !== '').map((line) => `${directory}/${line}`);
  }
  const files: string[] = [];
  for (const line of record.split(/\r?\n/)) {
    if (line === '') continue;
    const fields = splitCsvLine(line);
    if (fields.length === 3) files.push(`${site}/${fields[0] ?? ''}`);
    else warnings.push(`${directory}/RECORD: left out a line with ${fields.length} fields instead of 3`);
  }
  return files;
}

function text(image: ImageInventory, path: string): string {
  return image.read(path)?.toString('utf8') ?? '';
}

/** The last line of top_level.txt decides: the package's own name when it contains the line, else the line. */
function keyName(topLevel: string[], name: string): string {
  const last = topLevel.map((line) => line.trim()).findLast((line) => line !== '');
  return last === undefined || name.includes(last) ? name : baseName(`/${last}`);
}

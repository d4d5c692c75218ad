import { baseName, parentOf } from '../layer/entry-path.js';
import type { ImageInventory } from '../image-inventory.js';
import type { Cataloger } from './cataloger.js';
import { cpes } from './cpe.js';

const METADATA = /\.(?:dist-info\/METADATA|egg-info\/PKG-INFO|egg-info)$/;
const SIBLINGS = /\.(?:dist-info|egg-info)\/(?:RECORD|top_level\.txt)$/;

/** Installed Python distributions: `*.dist-info` (PEP 376, 427) and `*.egg-info` (directory or single file). */
export const python: Cataloger = {
  name: 'python',
  version: 1,
  wants: (path) => (path.includes('-info') && (METADATA.test(path) || SIBLINGS.test(path)) ? 'keep' : undefined),
  sizeLimit: (limits) => limits.keptFileBytes,
  catalog(image, report) {
    for (const path of image.keptPaths()) {
      if (!METADATA.test(path)) continue;
      const facts = parseMetadata(image.read(path)?.toString('utf8') ?? '');
      const name = facts.get('Name') ?? '';
      // The interpreter describes itself like a distribution; it is no package of the index.
      if (name === '' || name === 'Python') continue;
      const single = path.endsWith('.egg-info');
      const site = single ? parentOf(path) : parentOf(parentOf(path));
      const version = facts.get('Version') ?? '';
      const author = facts.get('Author') ?? '';
      const mail = facts.get('Author-email') ?? '';
      const record = {
        name,
        version,
        latest: version,
        files: single ? [] : recordedFiles(image, parentOf(path), site, report.warnings),
        origin: mail === '' ? author : `${author} <${mail}>`,
        license: facts.get('License') ?? '',
        location: site,
        type: 'python',
        cpes: cpes({ name, version, products: name.startsWith('python') ? [] : [`python-${name}`] }),
      };
      const key = `${site === '/' ? '' : site}/${single ? name : keyName(image, parentOf(path), name)}`;
      // Two distributions may claim one top-level name; the second then goes under its metadata's directory.
      if (!report.add('pkgs.python', key, record, path)) report.add('pkgs.python', parentOf(path), record, path);
    }
  },
};

/** Header block of core metadata: `Key: value` up to the first empty line, continuation lines indented. */
export function parseMetadata(text: string): Map<string, string> {
  const headers = new Map<string, string>();
  let last = '';
  for (const line of text.split(/\r?\n/)) {
    if (line === '') break;
    if (/^[ \t]/.test(line)) {
      if (last !== '') headers.set(last, `${headers.get(last) ?? ''}\n${line.trim()}`);
      continue;
    }
    const colon = line.indexOf(':');
    if (colon < 1) continue;
    last = line.slice(0, colon);
    headers.set(last, line.slice(colon + 1).trim());
  }
  return headers;
}

/** Splits one line of RECORD, which is CSV (RFC 4180): fields may be quoted. */
export function splitCsvLine(line: string): string[] {
  const fields: string[] = [];
  const pattern = /(?:^|,)(?:"((?:[^"]|"")*)"|([^,]*))/g;
  for (const match of line.matchAll(pattern)) fields.push(match[1]?.replaceAll('""', '"') ?? match[2] ?? '');
  return fields;
}

function recordedFiles(image: ImageInventory, directory: string, site: string, warnings: string[]): string[] {
  const files: string[] = [];
  for (const line of image.read(`${directory}/RECORD`)?.toString('utf8').split(/\r?\n/) ?? []) {
    if (line === '') continue;
    const fields = splitCsvLine(line);
    if (fields.length === 3) files.push(`${site}/${fields[0] ?? ''}`);
    else warnings.push(`${directory}/RECORD: left out a line with ${fields.length} fields instead of 3`);
  }
  return files;
}

/** The last line of top_level.txt decides: the package's own name when it contains the line, else the line. */
function keyName(image: ImageInventory, directory: string, name: string): string {
  const lines = image.read(`${directory}/top_level.txt`)?.toString('utf8').split(/\r?\n/) ?? [];
  const last = lines.map((line) => line.trim()).findLast((line) => line !== '');
  return last === undefined || name.includes(last) ? name : baseName(`/${last}`);
}

import { OwnedFileBudget } from './owned-files.js';
import { withoutTrailing } from './trailing.js';

/** A file or directory that a package owns. */
export interface ApkFile {
  /** Relative to the root, no leading slash. */
  path: string;
  directory: boolean;
  uid: number;
  gid: number;
  /** Permission bits. */
  mode: number;
  /** Hex SHA-1 of the content, of a symbolic link's target text; absent for directories and other algorithms. */
  sha1?: string;
}

/** One installed package; fields as apk calls them, '' when absent. */
export interface ApkPackage {
  name: string;
  version: string;
  architecture: string;
  license: string;
  origin: string;
  maintainer: string;
  /** Installed bytes as text. */
  size: string;
  files: ApkFile[];
}

/** What apk takes for granted when a file or directory has no line of its own about owner and mode. */
const FILE_MODE = 0o644;
const DIRECTORY_MODE = 0o755;

/**
 * Reads the database of apk (apk(5), file `lib/apk/db/installed`): stanzas of one-letter fields, parted by empty lines,
 * package by package. Unknown fields are passed over, stanzas without name or version left out. Throws when it lists more
 * files than a system can have.
 */
export function* parseApkDatabase(text: string): Generator<ApkPackage> {
  const budget = new OwnedFileBudget();
  let at = 0;
  while (at < text.length) {
    const end = text.indexOf('\n\n', at);
    const found = parseStanza(text.slice(at, end < 0 ? text.length : end), budget);
    if (found.name !== '' && found.version !== '') yield found;
    if (end < 0) return;
    at = end + 2;
  }
}

/** Hex SHA-1 of `Q1<base64>`; undefined for other algorithms and damaged text. */
export function apkDigest(text: string): string | undefined {
  const bytes = text.startsWith('Q1') ? Buffer.from(text.slice(2), 'base64') : undefined;
  return bytes?.length === 20 ? bytes.toString('hex') : undefined;
}

function parseStanza(stanza: string, budget: OwnedFileBudget): ApkPackage {
  const fields = new Map<string, string>();
  const files: ApkFile[] = [];
  let directory = '';
  let current: ApkFile | undefined;
  for (const line of stanza.split('\n')) {
    if (line[1] !== ':') continue;
    const value = line.slice(2);
    switch (line[0]) {
      case 'F':
        directory = withoutTrailing(value, '/');
        budget.spend(directory.length);
        current = { path: directory, directory: true, uid: 0, gid: 0, mode: DIRECTORY_MODE };
        files.push(current);
        break;
      case 'R':
        budget.spend(directory.length + value.length + 1);
        current = {
          path: directory === '' ? value : `${directory}/${value}`,
          directory: false,
          uid: 0,
          gid: 0,
          mode: FILE_MODE,
        };
        files.push(current);
        break;
      case 'M':
      case 'a':
        if (current) applyOwner(current, value);
        break;
      case 'Z': {
        const sha1 = apkDigest(value);
        if (current && sha1 !== undefined) current.sha1 = sha1;
        break;
      }
      default:
        if (!fields.has(line[0] ?? '')) fields.set(line[0] ?? '', value.trim());
    }
  }
  const field = (key: string) => fields.get(key) ?? '';
  return {
    name: field('P'),
    version: field('V'),
    architecture: field('A'),
    license: field('L'),
    origin: field('o'),
    maintainer: field('m'),
    size: field('I'),
    files: files.filter((file) => file.path !== ''),
  };
}

/** `uid:gid:mode`, the mode in octal; a digest of extended attributes may follow. */
function applyOwner(file: ApkFile, text: string): void {
  const match = /^(\d{1,10}):(\d{1,10}):([0-7]{1,6})(?::|$)/.exec(text);
  if (!match) return;
  file.uid = Number(match[1]);
  file.gid = Number(match[2]);
  file.mode = parseInt(match[3] ?? '', 8) & 0o7777;
}

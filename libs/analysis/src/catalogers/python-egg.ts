import { readZipEntry, ZipError, zipEntries, type ZipEntry } from './zip-archive.js';

/** What is read of a Python egg in one file. */
export interface PythonEgg {
  /** `EGG-INFO/PKG-INFO` */
  metadata: string;
  /** Lines of `EGG-INFO/top_level.txt`. */
  topLevel: string[];
  /** Members beside those of `EGG-INFO`. */
  files: string[];
}

const MAX_TEXT = 1024 * 1024;
const MAX_FILE_NAMES = 4 * 1024 * 1024;

/** Reads an egg, a zip archive that Python imports from; undefined when it describes no distribution. */
export function readEgg(content: Buffer): PythonEgg | undefined {
  const described = new Map<string, ZipEntry>();
  const files: string[] = [];
  let characters = 0;
  for (const entry of zipEntries(content)) {
    if (entry.name.startsWith('EGG-INFO/')) described.set(entry.name, entry);
    else if (!entry.name.endsWith('/') && (characters += entry.name.length) <= MAX_FILE_NAMES) files.push(entry.name);
  }
  const read = (name: string) => {
    const entry = described.get(`EGG-INFO/${name}`);
    if (entry && entry.size > MAX_TEXT) throw new ZipError(`${entry.name} has ${entry.size} bytes`);
    return entry && readZipEntry(content, entry).toString('utf8');
  };
  const metadata = read('PKG-INFO');
  return metadata === undefined
    ? undefined
    : { metadata, topLevel: (read('top_level.txt') ?? '').split(/\r?\n/), files };
}

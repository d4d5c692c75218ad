import type { ImageEntry } from '../image-entries.js';
import type { ImageInventory } from '../image-inventory.js';
import { JsonText, StreamedObject } from './json-stream.js';

/** Stands for the digest of what is no regular file. */
export const NO_DIGEST = 'DIRECTORY_OR_OTHER';

const TYPE_BITS = { file: 0o100000, dir: 0o040000, slink: 0o120000, char: 0o020000, block: 0o060000, fifo: 0o010000 };

const TYPE_NAMES = { file: 'file', dir: 'dir', slink: 'slink', char: 'dev', block: 'dev', fifo: 'dev' } as const;

/** What `files.allinfo` says of one path. */
export interface FileInfo {
  name: string;
  fullpath: string;
  /** Bytes; of a link, those of its text. */
  size: number;
  /** Type and permission bits as `st_mode`. */
  mode: number;
  uid: number;
  gid: number;
  linkdst: string | null;
  linkdst_fullpath: string | null;
  type: 'file' | 'dir' | 'slink' | 'dev';
  othernames: Record<string, true>;
}

/**
 * The {@link FileInfo} of an entry; with `sha256` that is stated too, as `image_content_data` has it. Made as text, since there
 * are two for each file, and objects that have paths for keys are slow to make.
 */
export function fileInfo(entry: ImageEntry, sha256?: string): JsonText {
  const path = JSON.stringify(entry.path);
  const link = entry.type === 'slink' ? (entry.linkTarget ?? '') : null;
  const target = link === null ? null : absoluteTarget(entry.path, link);
  const size = link === null ? entry.size : Buffer.byteLength(link);
  const names =
    link === null || target === null
      ? `{${path}:true}`
      : JSON.stringify({ [entry.path]: true, [link]: true, [target]: true });
  return new JsonText(
    `{"name":${path},"fullpath":${path},"size":${size},"mode":${TYPE_BITS[entry.type] | entry.mode},` +
      `"uid":${entry.uid},"gid":${entry.gid},"linkdst":${JSON.stringify(link)},` +
      `"linkdst_fullpath":${JSON.stringify(target)},"type":"${TYPE_NAMES[entry.type]}","othernames":${names}` +
      (sha256 === undefined ? '}' : `,"sha256":"${sha256}"}`),
  );
}

/** Permission bits in the notation `0o644`. */
export function permissionText(entry: ImageEntry): string {
  return `0o${entry.mode.toString(8)}`;
}

/** `files.all` and `files.allinfo`. */
export function fileList(image: ImageInventory): Record<string, StreamedObject> {
  return {
    'files.all': perEntry(image, permissionText),
    'files.allinfo': perEntry(image, (entry) => fileInfo(entry)),
  };
}

/** Digests of all regular files, hard links included. */
export function fileChecksums(image: ImageInventory): Record<string, StreamedObject> {
  return {
    'files.sha256sums': perEntry(image, (entry) => entry.sha256 ?? NO_DIGEST),
    'files.md5sums': perEntry(image, (entry) => entry.md5 ?? NO_DIGEST),
    'files.sha1sums': perEntry(image, (entry) => entry.sha1 ?? NO_DIGEST),
  };
}

/** Paths with the set-uid bit; undefined when there are none. */
export function setuidFiles(image: ImageInventory): Record<string, StreamedObject> | undefined {
  if (!hasSetuid(image)) return undefined;
  return { 'files.suids': perEntry(image, (entry) => (isSetuid(entry) ? permissionText(entry) : undefined)) };
}

/** `{base: {path: value}}`; undefined values are left out. */
export function perEntry(image: ImageInventory, value: (entry: ImageEntry) => unknown): StreamedObject {
  return base(function* () {
    for (const entry of image.entries) yield [entry.path, value(entry)];
  });
}

/** `{base: {...}}`, the wrapper that every element has. */
export function base(entries: () => Iterable<[string, unknown]>): StreamedObject {
  return new StreamedObject(() => [['base', new StreamedObject(entries)]]);
}

function hasSetuid(image: ImageInventory): boolean {
  for (const entry of image.entries) if (isSetuid(entry)) return true;
  return false;
}

function isSetuid(entry: ImageEntry): boolean {
  return (entry.mode & 0o4000) !== 0;
}

function absoluteTarget(path: string, link: string): string {
  const parts: string[] = [];
  const from = link.startsWith('/') ? '' : path.slice(0, path.lastIndexOf('/'));
  for (const part of `${from}/${link}`.split('/')) {
    if (part === '..') parts.pop();
    else if (part !== '' && part !== '.') parts.push(part);
  }
  return `/${parts.join('/')}`;
}

import type { ImageFile, PackageDbEntry, VerificationStatus } from '../image-view.js';

/** Another one whenever {@link verifyEntry} says something else of an entry and its file; stored answers depend on it. */
export const VERIFICATION_VERSION = 1;

const TYPE_BITS = 0o170000;
const PERMISSIONS = 0o7777;

/**
 * Compares an entry of a package database with the file at its path (policy spec 2.3): undefined when nothing is wrong
 * or nothing can be compared. Configuration files may be changed but not missing; of links and devices only presence
 * counts.
 */
export function verifyEntry(entry: PackageDbEntry, file: ImageFile | undefined): VerificationStatus | undefined {
  if (!file) return 'missing';
  if (entry.isConfigFile) return undefined;
  if (file.type !== 'file' && file.type !== 'dir') return undefined;
  const isFile = file.type === 'file';
  if (isFile && digestDiffers(entry, file)) return 'changed';
  if (modeDiffers(entry.mode, file.mode)) return 'changed';
  if (isFile && entry.size && file.size && entry.size !== file.size) return 'changed';
  return undefined;
}

function digestDiffers(entry: PackageDbEntry, file: ImageFile): boolean {
  const actual = fileDigest(file, entry.digestAlgorithm);
  if (!entry.digest || !actual) return false;
  return entry.digest.toLowerCase() !== actual.toLowerCase();
}

function fileDigest(file: ImageFile, algorithm: string | null): string | null {
  if (algorithm === 'sha256') return file.sha256;
  if (algorithm === 'md5') return file.md5;
  return algorithm === 'sha1' ? file.sha1 : null;
}

/** Where one side has no type bits only the permissions are compared, all twelve of them. */
function modeDiffers(expected: number | null, actual: number): boolean {
  if (!expected || !actual) return false;
  const both = (expected & TYPE_BITS) !== 0 && (actual & TYPE_BITS) !== 0;
  const compared = both ? TYPE_BITS | PERMISSIONS : PERMISSIONS;
  return (expected & compared) !== (actual & compared);
}

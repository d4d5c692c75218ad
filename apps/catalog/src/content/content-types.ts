import { METADATA_TYPES } from '@kedge/analysis';
import { ApiError } from '@kedge/service';

/** The types that an analysis has; the list does not depend on the image (api spec 3.8). */
export const CONTENT_TYPES = [
  'os',
  'files',
  'npm',
  'gem',
  'python',
  'java',
  'binary',
  'go',
  'nuget',
  'malware',
] as const;

/** @throws ApiError 404 for a type that is neither content nor metadata. */
export function checkContentType(type: string): void {
  const known: readonly string[] = [...CONTENT_TYPES, ...METADATA_TYPES];
  if (!known.includes(type)) throw new ApiError(404, `unknown content type '${type}'; types are ${known.join(', ')}`);
}

/** @throws ApiError 404 for a type that is no metadata. */
export function checkMetadataType(type: string): void {
  if (METADATA_TYPES.includes(type)) return;
  throw new ApiError(404, `unknown metadata type '${type}'; types are ${METADATA_TYPES.join(', ')}`);
}

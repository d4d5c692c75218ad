import { AnalysisError } from '@kedge/analysis';
import { ApiError } from '@kedge/client';
import { ConfigError } from '@kedge/config';
import { DatabaseError } from '@kedge/database';
import { StorageError, type StorageErrorCode } from '@kedge/object-store';
import { PolicyError } from '@kedge/policy';
import { ImageError, type ImageErrorCode } from '@kedge/registry';
import { isDatabaseOutage } from './database-outage.js';

/** Codes of failed registry look-ups; `GET /system/error_codes` lists them for users. */
type RegistryCode =
  | 'REGISTRY_PERMISSION_DENIED'
  | 'REGISTRY_IMAGE_NOT_FOUND'
  | 'REGISTRY_NOT_ACCESSIBLE'
  | 'REGISTRY_NOT_SUPPORTED'
  | 'OSARCH_MISMATCH'
  | 'UNKNOWN';

/**
 * An image that cannot be fetched makes the request wrong (400), as in the old system; the codes tell the reasons apart.
 * `aborted` is our own doing.
 */
const IMAGE: Readonly<Record<ImageErrorCode, { status: number; codes: RegistryCode[] }>> = {
  invalid_reference: { status: 400, codes: [] },
  not_found: { status: 400, codes: ['REGISTRY_IMAGE_NOT_FOUND'] },
  unauthorized: { status: 400, codes: ['REGISTRY_PERMISSION_DENIED'] },
  unreachable: { status: 400, codes: ['REGISTRY_NOT_ACCESSIBLE'] },
  not_supported: { status: 400, codes: ['REGISTRY_NOT_SUPPORTED'] },
  no_platform: { status: 400, codes: ['OSARCH_MISMATCH'] },
  too_large: { status: 400, codes: [] },
  invalid_manifest: { status: 400, codes: ['UNKNOWN'] },
  digest_mismatch: { status: 400, codes: ['UNKNOWN'] },
  size_mismatch: { status: 400, codes: ['UNKNOWN'] },
  unknown: { status: 400, codes: ['UNKNOWN'] },
  aborted: { status: 503, codes: [] },
};

/** Messages of the store name locations, which are none of the users' business: they get these instead. */
const STORAGE: Readonly<Record<StorageErrorCode, { status: number; message: string }>> = {
  not_found: { status: 404, message: 'object not found in the object store' },
  invalid_key: { status: 400, message: 'the name cannot be the name of an object' },
  unavailable: { status: 503, message: 'the object store is not available; try again later' },
  aborted: { status: 503, message: 'the request was given up; try again' },
  no_space: { status: 500, message: 'the object store is full' },
  access_denied: { status: 500, message: 'the object store refuses access' },
  integrity: { status: 500, message: 'a stored object is damaged' },
  invalid_config: { status: 500, message: 'the object store is not configured for this object' },
  unknown: { status: 500, message: 'the object store failed' },
};

/** What an error says to a client of the API; undefined for one that nobody expected. */
export function toApiError(error: unknown): ApiError | undefined {
  if (error instanceof ApiError) return error;
  if (error instanceof StorageError) {
    const { status, message } = STORAGE[error.code];
    return new ApiError(status, message, undefined, error);
  }
  if (error instanceof ImageError) {
    const { status, codes } = IMAGE[error.code];
    return new ApiError(status, error.message, { error_codes: codes }, error);
  }
  if (error instanceof PolicyError) {
    return new ApiError(error.code === 'bundle_not_an_object' ? 400 : 503, error.message, undefined, error);
  }
  if (error instanceof AnalysisError) return new ApiError(500, error.message, undefined, error);
  if (error instanceof ConfigError) {
    return new ApiError(500, 'the configuration of the service is not valid', undefined, error);
  }
  if (error instanceof DatabaseError || isDatabaseOutage(error)) {
    return new ApiError(503, 'the database is not available; try again later', undefined, error);
  }
  return undefined;
}

import { networkFault, StorageError, type StorageErrorCode } from '@kedge/object-store';
import type { S3Settings } from './settings.js';

/** What was tried, with the permission of AWS that it needs. */
export const ACTIONS = {
  write: 's3:PutObject',
  read: 's3:GetObject',
  delete: 's3:DeleteObject',
  list: 's3:ListBucket',
  create: 's3:CreateBucket',
} as const;

export type Action = keyof typeof ACTIONS;

/** What is known of the attempt. `text` completes "s3 driver: ... failed", e.g. `writing s3://box/a`. */
export interface Attempt {
  action: Action;
  text: string;
  bucket: string;
  uri?: string;
}

const CREDENTIALS =
  /^(InvalidAccessKeyId|SignatureDoesNotMatch|InvalidToken|ExpiredToken|TokenRefreshRequired|InvalidSecurity|NotSignedUp|CredentialsProviderError|AuthFailure|UnauthorizedAccess|Unauthorized)$/;
const REGION =
  /^(PermanentRedirect|TemporaryRedirect|AuthorizationHeaderMalformed|IllegalLocationConstraintException)$/;
const DAMAGED = /^(BadDigest|XAmzContentSHA256Mismatch)$/;
const FULL =
  /^(QuotaExceeded|InsufficientStorage|XMinioStorageFull|XMinioAdminBucketQuotaExceeded|InsufficientCapacity)$/;
const BUSY =
  /^(SlowDown|ServiceUnavailable|InternalError|RequestTimeout|Throttling.*|TooManyRequests.*|OperationAborted)$/;
const LACKING = /^(NotImplemented|InvalidStorageClass|InvalidEncryptionAlgorithmError|InvalidArgument|KMS\..*)$/;

interface SdkError {
  name: string;
  message: string;
  Code?: string;
  Region?: string;
  ServerTime?: Date | string;
  $metadata?: { httpStatusCode?: number };
  $response?: { statusCode?: number; headers?: Record<string, string> };
}

/** True when the service says that the bucket is not there. A HEAD request cannot say it. */
export function isMissingBucket(error: unknown): boolean {
  return codeOf(error as SdkError) === 'NoSuchBucket';
}

/** True when the service says that there is no such object. */
export function isMissing(error: unknown): boolean {
  return statusOf(error as SdkError) === 404 && !isMissingBucket(error);
}

/** Any failure as a StorageError that says what was tried, why it failed and what to do. Values of secrets never show. */
export function toStorageError(settings: S3Settings, attempt: Attempt, error: unknown): StorageError {
  if (error instanceof StorageError) return error;
  const [code, why] = explain(settings, attempt, error as SdkError);
  return new StorageError(code, `s3 driver: ${attempt.text} failed: ${why}`, {
    driver: 's3',
    ...(attempt.uri === undefined ? {} : { uri: attempt.uri }),
    cause: error,
  });
}

function explain(settings: S3Settings, attempt: Attempt, error: SdkError): [StorageErrorCode, string] {
  const where = settings.endpoint?.origin ?? `AWS (${settings.region ?? 'us-east-1'})`;
  const network = networkFault(error);
  if (network?.kind === 'tls') {
    return [
      'invalid_config',
      `TLS with ${where}: ${network.text}; name the authority's certificates in ca_file, or trust any server with verify_tls: false`,
    ];
  }
  if (network) return ['unavailable', `${where} cannot be reached: ${network.text}; check url, network and proxy`];

  const code = codeOf(error);
  const status = statusOf(error) ?? 0;
  const said = `${where} answered ${[status || '', code].filter(Boolean).join(' ')}`;
  if (/^Request(TimeTooSkewed|Expired)$/.test(code)) {
    const server = error.$response?.headers?.date;
    const times = server === undefined ? '' : ` (there ${server}, here ${new Date().toUTCString()})`;
    return [
      'access_denied',
      `the clocks of this machine and of ${where} differ too much${times}; set the clock, e.g. with NTP`,
    ];
  }
  if (REGION.test(code) || status === 301 || status === 307) {
    const region = error.Region ?? error.$response?.headers?.['x-amz-bucket-region'];
    return [
      'invalid_config',
      `${said}: bucket "${attempt.bucket}" belongs to another region than "${settings.region ?? 'us-east-1'}"; set region${region ? ` to ${region}` : ' to the one of the bucket'}`,
    ];
  }
  if (CREDENTIALS.test(code) || status === 401) return ['access_denied', credentialFault(settings, code, said)];
  if (status === 403) {
    return [
      'access_denied',
      `${said}: the credentials are known but lack ${ACTIONS[attempt.action]} on bucket "${attempt.bucket}"; grant it, or check that the bucket is yours`,
    ];
  }
  if (code === 'NoSuchBucket') {
    return [
      'invalid_config',
      `bucket "${attempt.bucket}" does not exist at ${where}; create it, correct its name or set create_bucket: true`,
    ];
  }
  if (status === 404) return ['not_found', 'there is no such content'];
  if (DAMAGED.test(code)) return ['integrity', `${said}: the content did not arrive as it was sent`];
  if (FULL.test(code) || status === 507) return ['no_space', `${said}: ${error.message}`];
  if (BUSY.test(code) || status === 429 || (status >= 500 && status !== 501)) {
    return ['unavailable', `${said}: ${error.message}`];
  }
  if (LACKING.test(code) || status === 501) {
    const options = [
      settings.encryption && `server_side_encryption: ${settings.encryption.algorithm}`,
      settings.storageClass && `storage_class: ${settings.storageClass}`,
    ].filter(Boolean);
    const hint = options.length > 0 ? `; does it offer ${options.join(' and ')}?` : '';
    return [options.length > 0 ? 'invalid_config' : 'unknown', `${said}: ${error.message}${hint}`];
  }
  if (status > 0) return ['unknown', `${said}: ${error.message}`];
  return ['unknown', error.message];
}

function credentialFault(settings: S3Settings, code: string, said: string): string {
  const { credentials } = settings;
  if (!credentials) {
    return code === 'CredentialsProviderError'
      ? 'iamauto found no credentials in environment, shared files, container or instance role; provide them there or set access_key and secret_key'
      : `${said}: the ambient credentials that iamauto found are refused; renew them`;
  }
  const key = `access_key ${credentials.accessKey.reveal().slice(0, 2)}***`;
  if (code === 'InvalidAccessKeyId') return `${said}: ${key} is unknown there; correct access_key`;
  if (code === 'SignatureDoesNotMatch')
    return `${said}: secret_key does not belong to ${key}, or that key is unknown; correct them`;
  if (/Token/.test(code)) return `${said}: session_token has expired or does not belong to ${key}; get a new one`;
  return `${said}: ${key} with its secret_key is refused; correct them`;
}

function codeOf(error: SdkError): string {
  const code = error.Code ?? error.name;
  return code === 'Error' || code === 'UnknownError' || /^\d+$/.test(code) ? '' : code;
}

function statusOf(error: SdkError): number | undefined {
  return error.$metadata?.httpStatusCode ?? error.$response?.statusCode;
}

import {
  choiceField,
  flagField,
  FLAT_LIMITS,
  numberField,
  optionalFlagField,
  secretField,
  textField,
  type Secret,
} from '@kedge/object-store';
import { z } from 'zod';

/** Settings after validation. Times are milliseconds, sizes bytes. */
export interface S3Settings {
  /** Undefined: the ambient credentials of the machine (environment, shared files, container or instance role). */
  credentials: { accessKey: Secret; secretKey: Secret; sessionToken: Secret | undefined } | undefined;
  /** Undefined: AWS. */
  endpoint: URL | undefined;
  /** Undefined: the region is found out, beginning with us-east-1. */
  region: string | undefined;
  bucket: string;
  createBucket: boolean;
  prefix: string;
  pathStyle: boolean;
  tls: { verify: boolean; caFile: string | undefined };
  encryption: { algorithm: 'AES256' | 'aws:kms' | 'aws:kms:dsse'; kmsKeyId: string | undefined } | undefined;
  storageClass: string | undefined;
  connectTimeoutMs: number;
  idleTimeoutMs: number;
  retries: number;
  partBytes: number;
}

const fields = z.object({
  bucket: z
    .string({ error: 'must be the name of a bucket' })
    .trim()
    .min(1, 'is required')
    .describe('bucket that holds the objects'),
  access_key: secretField('access key id; goes with secret_key'),
  secret_key: secretField('secret access key'),
  session_token: secretField('session token of temporary credentials'),
  iamauto: flagField('use the credentials of the machine: environment, shared file, container or instance role', false),
  url: textField('endpoint of an S3 service other than AWS, e.g. https://minio.example.com:9000'),
  region: textField('region of the bucket; with url the region that requests are signed for (us-east-1)'),
  create_bucket: flagField('create the bucket when it does not exist', false),
  prefix: textField('text in front of every object name, without a separator added'),
  path_style: optionalFlagField('put the bucket into the path, not the host name; default: with url only'),
  ca_file: textField('file of PEM certificates that are trusted besides the well-known ones'),
  verify_tls: flagField('check the certificate of the server', true),
  server_side_encryption: choiceField('encryption at rest: AES256 (SSE-S3), aws:kms or aws:kms:dsse', [
    'AES256',
    'aws:kms',
    'aws:kms:dsse',
  ]),
  kms_key_id: textField('KMS key for aws:kms; default: the key of the account for S3'),
  storage_class: textField('storage class of new objects, e.g. STANDARD_IA'),
  connect_timeout: numberField('seconds to wait for a connection', {
    fallback: 10,
    least: 0.1,
    most: 600,
    fraction: true,
  }),
  timeout: numberField('seconds without a byte after which a request has failed', {
    fallback: 60,
    least: 0.1,
    most: 3600,
    fraction: true,
  }),
  retries: numberField('repetitions of a request that failed in passing', { fallback: 3, least: 0, most: 20 }),
  part_size_mb: numberField('MiB of a part of a long object; an object has at most 10,000 parts', {
    fallback: 8,
    least: 5,
    most: 512,
  }),
});

type Fields = z.output<typeof fields>;
type Fault = { path: string; message: string };

/** What the keys promise together. Works on whatever could be read, so that all faults are found at once. */
function* faults(given: Partial<Fields>): Generator<Fault> {
  const { access_key: access, secret_key: secret, url, iamauto } = given;
  if (!iamauto) {
    if (!access && !secret) {
      yield { path: 'access_key', message: 'and secret_key are required, or iamauto: true for ambient credentials' };
    } else if (!access || !secret) {
      yield { path: access ? 'secret_key' : 'access_key', message: 'is required: the pair goes together' };
    }
  }
  if (given.session_token && !(access && secret)) {
    yield { path: 'session_token', message: 'goes with access_key and secret_key' };
  }
  if (url !== undefined) {
    const fault = urlFault(url);
    if (fault) yield { path: 'url', message: fault };
  }
  if (given.bucket !== undefined && /[/\s?#]/.test(given.bucket)) {
    yield { path: 'bucket', message: 'must be a name without / ? # and spaces' };
  }
  const prefix = prefixFault(given.prefix ?? '');
  if (prefix) yield { path: 'prefix', message: prefix };
  if (given.kms_key_id && !given.server_side_encryption?.startsWith('aws:kms')) {
    yield { path: 'kms_key_id', message: 'needs server_side_encryption: aws:kms' };
  }
}

function urlFault(url: string): string | undefined {
  if (!/^https?:\/\//i.test(url)) return 'must begin with http:// or https://';
  const parsed = URL.parse(url);
  if (!parsed) return 'is no valid url';
  if (parsed.username || parsed.password) return 'must hold no credentials; use access_key and secret_key';
  return parsed.search || parsed.hash ? 'must have no ? and no #' : undefined;
}

function prefixFault(prefix: string): string | undefined {
  if (Buffer.byteLength(prefix) > FLAT_LIMITS.prefix) return `may have at most ${FLAT_LIMITS.prefix} bytes`;
  if (prefix.startsWith('/')) return 'must not begin with /';
  return /[\0-\x1f\x7f\\]|\/\/|(^|\/)\.{1,2}\//.test(prefix)
    ? 'must be plain text without //, . or .. folders'
    : undefined;
}

function settings(given: Fields): S3Settings {
  const { access_key: accessKey, secret_key: secretKey, session_token: sessionToken } = given;
  const endpoint = given.url === undefined ? undefined : new URL(given.url);
  return {
    credentials: accessKey && secretKey ? { accessKey, secretKey, sessionToken } : undefined,
    endpoint,
    region: given.region,
    bucket: given.bucket,
    createBucket: given.create_bucket,
    prefix: given.prefix ?? '',
    pathStyle: given.path_style ?? endpoint !== undefined,
    tls: { verify: given.verify_tls, caFile: given.ca_file },
    encryption: given.server_side_encryption && {
      algorithm: given.server_side_encryption,
      kmsKeyId: given.kms_key_id,
    },
    storageClass: given.storage_class,
    connectTimeoutMs: given.connect_timeout * 1000,
    idleTimeoutMs: given.timeout * 1000,
    retries: given.retries,
    partBytes: given.part_size_mb * 1024 * 1024,
  };
}

/** The keys of `storage_driver.config` for S3. A complete pair of keys wins over `iamauto`, as in the old system. */
export const configSchema = fields
  .superRefine(
    (given, context) => {
      for (const { path, message } of faults(given)) context.addIssue({ code: 'custom', path: [path], message });
    },
    { when: ({ value }) => typeof value === 'object' && value !== null }, // also beside faults of single keys
  )
  .transform(settings);

import {
  choiceField,
  flagField,
  FLAT_LIMITS,
  numberField,
  optionalFlagField,
  secretField,
  textField,
} from '@kedge/object-store';
import { z } from 'zod';
import { loginFaults, loginOf, type LoginKeys } from './auth/login-settings.js';
import type { Login } from './auth/login.js';

/** Settings after validation. Times are milliseconds, sizes bytes. */
export interface SwiftSettings {
  login: Login;
  container: string;
  createContainer: boolean;
  prefix: string;
  tls: { verify: boolean; caFile: string | undefined; certFile: string | undefined; keyFile: string | undefined };
  idleTimeoutMs: number;
  retries: number;
  segmentBytes: number;
  useSlo: boolean;
}

const MIB = 1024 * 1024;
const DEFAULT_SEGMENT = 16 * MIB;
/** A segment is held in memory until the server has confirmed it. */
const MAX_SEGMENT = 64 * MIB;

const fields = z.object({
  container: z
    .string({ error: 'must be the name of a container' })
    .trim()
    .min(1, 'is required')
    .max(256, 'may have at most 256 characters')
    .refine((name) => !/[/?#\0-\x1f]/.test(name), 'must be a name without / ? #')
    .describe('container that holds the objects'),
  create_container: flagField('create the container when it does not exist', false),
  anchore_key_prefix: textField('text in front of every object name, without a separator added'),
  auth_version: textField(
    'way to log in: 1.0 (TempAuth), 2.0 or 3 (Keystone); found out from the other keys when absent',
  ),
  auth: textField('url of the v1 login, ends in /auth/v1.0; else of Keystone'),
  user: textField('user of the v1 login, tenant:user'),
  key: secretField('key (password) of the v1 login'),
  os_auth_url: textField('url of Keystone, e.g. https://keystone.example.com:5000/v3'),
  os_auth_type: choiceField('v3applicationcredential to log in with an application credential', [
    'password',
    'v2password',
    'v3password',
    'v3applicationcredential',
  ]),
  os_username: textField('name of the user'),
  os_user_id: textField('id of the user, instead of its name'),
  os_password: secretField('password of the user'),
  os_user_domain_name: textField('name of the domain of the user (v3)'),
  os_user_domain_id: textField('id of the domain of the user (v3); "default" when neither is given'),
  os_project_name: textField('name of the project'),
  os_project_id: textField('id of the project, instead of its name'),
  os_project_domain_name: textField('name of the domain of the project (v3)'),
  os_project_domain_id: textField('id of the domain of the project (v3); "default" when neither is given'),
  os_tenant_name: textField('name of the tenant (v2); the former word for project'),
  os_tenant_id: textField('id of the tenant (v2)'),
  os_application_credential_id: textField('id of the application credential'),
  os_application_credential_secret: secretField('secret of the application credential'),
  os_auth_token: secretField('ready token, together with os_storage_url; it cannot be renewed'),
  os_storage_url: textField('url of the account, instead of the one that the login tells'),
  os_region_name: textField('region whose endpoint is taken from the catalog'),
  os_service_type: textField('type of the service in the catalog; default: object-store'),
  os_endpoint_type: textField('endpoint of the catalog: publicURL (default), internalURL or adminURL'),
  os_cacert: textField('file of PEM certificates that are trusted besides the well-known ones'),
  os_cert: textField('file of the client certificate (PEM)'),
  os_key: textField('file of the key of the client certificate (PEM)'),
  insecure: optionalFlagField('do not check the certificate of the server; default: false'),
  retries: numberField('repetitions of a request that failed in passing', { fallback: 5, least: 0, most: 20 }),
  timeout: numberField('seconds without a byte after which a request has failed', {
    fallback: 60,
    least: 0.1,
    most: 3600,
    fraction: true,
  }),
  segment_size: numberField(
    'bytes of a segment of a long object, held in memory; of more than 64 MiB, 64 MiB are used',
    {
      fallback: DEFAULT_SEGMENT,
      least: MIB,
      most: 5 * 1024 * MIB,
    },
  ),
  use_slo: flagField('cut long objects into segments (SLO); false: store them as one, at most 5 GiB', true),
});

type Fields = z.output<typeof fields>;

/** Environment variables that stand in for keys that are absent, as for the Swift client of the old system. */
function withEnvironment<T extends Partial<Fields>>(given: T): T & LoginKeys {
  const { ST_AUTH, ST_USER, ST_KEY, ST_AUTH_VERSION } = process.env;
  const key = given.key ?? secretField('').parse(ST_KEY);
  const auth = given.auth ?? ST_AUTH;
  const user = given.user ?? ST_USER;
  return { ...given, auth, user, key, auth_version: given.auth_version ?? ST_AUTH_VERSION };
}

function insecure(given: Partial<Fields>): boolean {
  return given.insecure ?? /^(true|1|yes|on|t|y)$/i.test(process.env.SWIFTCLIENT_INSECURE ?? '');
}

function* faults(given: Partial<Fields>): Generator<{ path: string; message: string }> {
  yield* loginFaults(withEnvironment(given));
  const prefix = given.anchore_key_prefix ?? '';
  if (Buffer.byteLength(prefix) > FLAT_LIMITS.prefix) {
    yield { path: 'anchore_key_prefix', message: `may have at most ${FLAT_LIMITS.prefix} bytes` };
  } else if (/^\/|[\0-\x1f\x7f\\]|\/\/|(^|\/)\.{1,2}\//.test(prefix)) {
    yield { path: 'anchore_key_prefix', message: 'must be plain text without //, . or .. folders and / in front' };
  }
  if ((given.os_cert === undefined) !== (given.os_key === undefined)) {
    yield { path: given.os_cert ? 'os_key' : 'os_cert', message: 'is required: os_cert and os_key go together' };
  }
}

function settings(given: Fields): SwiftSettings {
  return {
    login: loginOf(withEnvironment(given)),
    container: given.container,
    createContainer: given.create_container,
    prefix: given.anchore_key_prefix ?? '',
    tls: { verify: !insecure(given), caFile: given.os_cacert, certFile: given.os_cert, keyFile: given.os_key },
    idleTimeoutMs: given.timeout * 1000,
    retries: given.retries,
    segmentBytes: Math.min(given.segment_size, MAX_SEGMENT),
    useSlo: given.use_slo,
  };
}

/** The keys of `storage_driver.config` for Swift: those of the Python client that the old system handed them to. */
export const configSchema = fields
  .superRefine(
    (given, context) => {
      for (const { path, message } of faults(given)) context.addIssue({ code: 'custom', path: [path], message });
    },
    { when: ({ value }) => typeof value === 'object' && value !== null }, // also beside faults of single keys
  )
  .transform(settings);

import { swiftServer } from '@kedge/object-store/testing';
import { join } from 'node:path';
import type { Deployment } from '../testing/deployment.js';

/** Part of every secret that the test makes up, so that one search finds them all. */
export const MARK = 's3cr3t-';

/** Configuration files with a marked secret wherever a secret may stand; values are paths. */
export interface MarkedFiles {
  /** Objects in the database, in a directory, in S3, in Swift; all of them work. */
  db: string;
  files: string;
  s3: string;
  swift: string;
  /** As `db`, with an analysis archive in S3. */
  archive: string;
  /** Right but for the secret. */
  s3Refused: string;
  swiftRefused: string;
  keystoneRefused: string;
  applicationRefused: string;
  tokenRefused: string;
  /** Nothing listens there. */
  s3Unreachable: string;
  swiftUnreachable: string;
  /** Secrets of the wrong type, at the wrong place, or in a url. */
  malformed: string;
  secretInUrl: string;
  brokenConnect: string;
  wrongDatabasePassword: string;
}

const NOWHERE = 'http://127.0.0.1:9';

/** Writes the files for a deployment and the run's Swift server, which also speaks S3. */
export async function writeMarkedFiles(deployment: Deployment): Promise<MarkedFiles> {
  const { s3, authUrl, user, key, storageUrl } = await swiftServer();
  const stamp = Date.now();
  const s3Config = {
    url: s3.url,
    region: s3.region,
    access_key: s3.accessKey,
    secret_key: s3.secretKey,
    bucket: `marked-${stamp}`,
    create_bucket: true,
    retries: 0,
  };
  const swiftConfig = { auth: authUrl, user, key, container: `marked-${stamp}`, create_container: true, retries: 0 };
  const keystone = {
    auth_version: '3',
    os_auth_url: `${NOWHERE}/v3`,
    container: 'marked',
    retries: 0,
  };
  const section = (name: string, config: object): object => ({
    compression: { enabled: true, min_size_kbytes: 1 },
    storage_driver: { name, config },
  });
  const write = (name: string, driver: string, config: object, catalog: Record<string, unknown> = {}) =>
    deployment.writeConfig(`${name}.yaml`, section(driver, config), {
      webhooks: { general: { url: 'http://127.0.0.1:9/hook', user: 'hook', password: `${MARK}webhook` } },
      ...catalog,
    });
  const wrongConnect = (connect: string) => ({ credentials: { database: { db_connect: connect } } });
  return {
    db: await write('db', 'db', {}),
    files: await write('files', 'localfs', { archive_data_dir: join(deployment.directory, 'objects') }),
    s3: await write('s3', 's3', s3Config),
    swift: await write('swift', 'swift', swiftConfig),
    archive: await write('archive', 'db', {}, { analysis_archive: section('s3', { ...s3Config, prefix: 'archive/' }) }),
    s3Refused: await write('s3-refused', 's3', {
      ...s3Config,
      secret_key: `${MARK}s3-key`,
      session_token: `${MARK}s3-session`,
    }),
    swiftRefused: await write('swift-refused', 'swift', { ...swiftConfig, key: `${MARK}swift-key` }),
    keystoneRefused: await write('keystone-refused', 'swift', {
      ...keystone,
      os_username: 'kedge',
      os_password: `${MARK}keystone`,
      os_project_name: 'kedge',
    }),
    applicationRefused: await write('application-refused', 'swift', {
      ...keystone,
      os_auth_type: 'v3applicationcredential',
      os_application_credential_id: 'kedge',
      os_application_credential_secret: `${MARK}application`,
    }),
    tokenRefused: await write('token-refused', 'swift', {
      container: 'marked',
      os_auth_token: `${MARK}token`,
      os_storage_url: storageUrl,
      retries: 0,
    }),
    s3Unreachable: await write('s3-unreachable', 's3', { ...s3Config, url: NOWHERE, secret_key: `${MARK}s3-away` }),
    swiftUnreachable: await write('swift-unreachable', 'swift', {
      ...swiftConfig,
      auth: `${NOWHERE}/auth/v1.0`,
      key: `${MARK}swift-away`,
    }),
    malformed: await write('malformed', 's3', {
      ...s3Config,
      secret_key: { value: `${MARK}nested` },
      session_token: [`${MARK}listed`],
      pasword: `${MARK}misspelt`,
    }),
    secretInUrl: await write('secret-in-url', 's3', { ...s3Config, url: `http://kedge:${MARK}url@127.0.0.1:9` }),
    brokenConnect: await deployment.writeConfig(
      'broken-connect.yaml',
      section('db', {}),
      {},
      wrongConnect(`postgresql://kedge:${MARK}%zz@127.0.0.1:port/x`),
    ),
    wrongDatabasePassword: await deployment.writeConfig(
      'wrong-password.yaml',
      section('db', {}),
      {},
      wrongConnect(deployment.databaseUrl.replace(deployment.databasePassword, `${MARK}config-password`)),
    ),
  };
}

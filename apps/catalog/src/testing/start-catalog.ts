import { loadConfig } from '@kedge/config';
import { createTestDatabase, type TestDatabase } from '@kedge/database/testing';
import { createLogger, installJobQueue, startService, type RunningService } from '@kedge/service';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { catalogService } from '../index.js';

/** The password of `admin` in tests. */
export const PASSWORD = 'foobar';

/** What came back. `body` is parsed when it is JSON, else text. */
export interface Answer {
  status: number;
  type: string | undefined;
  headers: Headers;
  // Tests look into bodies of all shapes; their assertions are the check.
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  body: any;
}

export interface CallOptions {
  /** `user:password`; null sends none. Default: admin. */
  as?: string | null;
  /** x-anchore-account */
  account?: string;
  body?: unknown;
  /** Instead of `body`, exactly these bytes, with the content type of JSON. */
  text?: string;
  headers?: Record<string, string>;
}

export interface TestCatalog {
  database: TestDatabase;
  service: RunningService;
  /** Calls `METHOD /path` of the running catalog over HTTP. */
  call: (request: string, options?: CallOptions) => Promise<Answer>;
  /** Another catalog on the same database. */
  another: () => Promise<RunningService>;
  stop: () => Promise<void>;
}

/** A catalog on a database and object store of its own, on a free port. `more` follows the catalog's section of its config.yaml. */
export async function startCatalog(more = '', { adminPassword = PASSWORD } = {}): Promise<TestCatalog> {
  const database = await createTestDatabase();
  await installJobQueue(database.settings);
  const directory = await mkdtemp(join(tmpdir(), 'kedge-catalog-'));
  const file = join(directory, 'config.yaml');
  await writeFile(file, configText(database.url, `${more}\ndefault_admin_password: ${adminPassword}\n`));
  const logger = createLogger({ name: 'catalog', level: 'FATAL' }, new Writable({ write: (_c, _e, done) => done() }));
  const running: RunningService[] = [];
  const another = async (): Promise<RunningService> => {
    const service = await startService(catalogService, loadConfig(file, {}), { logger });
    running.push(service);
    return service;
  };
  const stop = async (): Promise<void> => {
    for (const service of running) await service.close();
    await database.drop();
    await rm(directory, { recursive: true, force: true });
  };
  try {
    const service = await another();
    return { database, service, call: caller(service.url), another, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

function configText(databaseUrl: string, more: string): string {
  return `
host_id: test-host
webhooks: {}
credentials:
  database:
    db_connect: ${JSON.stringify(databaseUrl)}
    db_pool_size: 4
services:
  catalog:
    listen: 127.0.0.1
    port: 0
    object_store:
      compression: { enabled: true, min_size_kbytes: 1 }
      storage_driver: { name: db, config: {} }
${more}`;
}

function caller(url: string): TestCatalog['call'] {
  return async (request, options = {}) => {
    const [method = 'GET', path = '/'] = request.split(' ');
    const { as = `admin:${PASSWORD}`, account, body, text, headers } = options;
    const response = await fetch(`${url}${path}`, {
      method,
      headers: {
        'content-type': 'application/json',
        ...(as === null ? {} : { authorization: `Basic ${Buffer.from(as).toString('base64')}` }),
        ...(account === undefined ? {} : { 'x-anchore-account': account }),
        ...headers,
      },
      ...(body === undefined && text === undefined ? {} : { body: text ?? JSON.stringify(body) }),
    });
    const answer = await response.text();
    const type = response.headers.get('content-type')?.split(';')[0];
    const parsed: unknown = type?.endsWith('json') ? JSON.parse(answer) : answer;
    return { status: response.status, type, headers: response.headers, body: parsed };
  };
}

import { createTestDatabase, type TestDatabase } from '@kedge/database/testing';
import { Writable } from 'node:stream';
import { hashPassword } from '../auth/password.js';
import type { RunningService } from '../bootstrap/service-definition.js';
import { startService } from '../bootstrap/start-service.js';
import { createLogger } from '../logging/create-logger.js';
import { installJobQueue } from '../queue/install-job-queue.js';
import { probeService } from './probe-service.js';
import { writeConfig, type ConfigFile } from './service-config.js';

/** Headers of a user with a password. */
export const basic = (text: string) => ({ authorization: `Basic ${Buffer.from(text).toString('base64')}` });
/** Headers of a JSON body. */
export const json = { 'content-type': 'application/json' };

/** Users of every test bed: `admin`, and `gone` of the disabled account `off`, both with this password. */
export const PASSWORD = 'foo:bar';

/** The probe service on a database of its own, and what it logs. */
export class ServiceBed {
  private constructor(
    readonly database: TestDatabase,
    readonly file: ConfigFile,
    /** What services may call each other with. */
    readonly token: string,
    /** Lines of the log; may be emptied. */
    readonly log: string[],
    readonly logger: ReturnType<typeof createLogger>,
    /** Replace it when a test stops it. */
    public service: RunningService,
  ) {}

  static async start(): Promise<ServiceBed> {
    const database = await createTestDatabase();
    await installJobQueue(database.settings);
    await addUsers(database);
    const [row] = await database.sql.query<{ value: string }>(
      `SELECT value FROM kedge_setting WHERE name = 'service_token'`,
    );
    const log: string[] = [];
    const logger = createLogger(
      { name: 'probe', level: 'INFO' },
      new Writable({ write: (chunk: Buffer, _encoding, done) => done(void log.push(chunk.toString())) }),
    );
    const file = await writeConfig(database.url, 'metrics: { enabled: true }\n');
    const service = await startService(probeService, file.config, { logger, heartbeatSeconds: 1 });
    return new ServiceBed(database, file, row?.value ?? '', log, logger, service);
  }

  async call(path: string, options: RequestInit = {}) {
    const response = await fetch(`${this.service.url}${path}`, options);
    const body = await response.text();
    const type = response.headers.get('content-type')?.split(';')[0];
    return {
      status: response.status,
      type,
      body: type?.endsWith('json') ? JSON.parse(body) : body,
      headers: response.headers,
    };
  }

  async close(): Promise<void> {
    await this.service.close();
    await this.file.remove();
    await this.database.drop();
  }
}

async function addUsers({ sql }: TestDatabase): Promise<void> {
  await sql.query(`INSERT INTO accounts (name, type, state, created_at, last_updated)
    VALUES ('admin', 'admin', 'enabled', 1, 1), ('off', 'user', 'disabled', 1, 1)`);
  for (const [user, account] of [
    ['admin', 'admin'],
    ['gone', 'off'],
  ]) {
    await sql.query(
      `INSERT INTO account_users (username, account_name, created_at, last_updated) VALUES ($1, $2, 1, 1)`,
      [user, account],
    );
    await sql.query(`INSERT INTO user_access_credentials (username, value, created_at) VALUES ($1, $2, 1)`, [
      user,
      await hashPassword(PASSWORD),
    ]);
  }
}

import { loadConfig } from '@kedge/config';
import { createTestDatabase, type TestDatabase } from '@kedge/database/testing';
import { installJobQueue, startService, type RunningService } from '@kedge/service';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pino from 'pino';
import { policyEngine } from '../policy-engine.js';

/** A policy engine on a database of its own. */
export class TestEngine {
  private constructor(
    readonly database: TestDatabase,
    private readonly directory: string,
    private service: RunningService,
    private readonly token: string,
  ) {}

  static async start(settings = ''): Promise<TestEngine> {
    const database = await createTestDatabase();
    await installJobQueue(database.settings);
    const directory = await mkdtemp(join(tmpdir(), 'kedge-engine-'));
    const [row] = await database.sql.query<{ value: string }>(
      `SELECT value FROM kedge_setting WHERE name = 'service_token'`,
    );
    const service = await startEngine(directory, database, settings);
    return new TestEngine(database, directory, service, row?.value ?? '');
  }

  get context() {
    return this.service.context;
  }

  /** Stops it and starts it again with other settings. */
  async restart(settings = ''): Promise<void> {
    await this.service.close();
    this.service = await startEngine(this.directory, this.database, settings);
  }

  async close(): Promise<void> {
    await this.service.close();
    await this.database.drop();
    await rm(this.directory, { recursive: true });
  }

  /** Makes an image known to the catalog and stores its analysis. */
  async addImage(image: { account: string; digest: string }, document: string | Buffer): Promise<void> {
    await this.database.sql.query(
      `INSERT INTO catalog_image ("imageDigest", "userId", analysis_status, created_at, last_updated)
       VALUES ($1, $2, 'analyzing', 1, 1)`,
      [image.digest, image.account],
    );
    await this.putAnalysis(image, document);
  }

  async putAnalysis(image: { account: string; digest: string }, document: string | Buffer): Promise<void> {
    const id = { account: image.account, bucket: 'analysis_data', key: image.digest };
    await this.context.stores.objectStore.put(id, document);
  }

  /** Sends the image's index job and waits until the image is in a final state. */
  async index(image: { account: string; digest: string }): Promise<{ status: string; error: string | null }> {
    await this.database.sql.query(
      `UPDATE catalog_image SET analysis_status = 'analyzing' WHERE "imageDigest" = $1 AND "userId" = $2`,
      [image.digest, image.account],
    );
    await this.context.jobs.send('index-image', { account: image.account, imageDigest: image.digest });
    for (;;) {
      const [row] = await this.database.sql.query<{ status: string; error: string | null }>(
        `SELECT analysis_status AS status, analysis_error AS error FROM catalog_image
         WHERE "imageDigest" = $1 AND "userId" = $2`,
        [image.digest, image.account],
      );
      if (row?.status === 'analyzed' || row?.status === 'analysis_failed') return row;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  /** One request. `body` is what the API answered, checked by the assertions. */
  async call<T = unknown>(
    method: string,
    path: string,
    body?: unknown,
    token = this.token,
  ): Promise<{ status: number; body: T }> {
    const response = await fetch(`${this.service.url}/v1/${path}`, {
      method,
      headers: {
        authorization: `Bearer ${token}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    const json = response.headers.get('content-type')?.includes('json');
    return { status: response.status, body: (json && text !== '' ? JSON.parse(text) : text) as T };
  }

  /** Applies a bundle to an image. */
  check<T = unknown>(
    image: { account: string; digest: string; imageId: string },
    bundle: unknown,
    tag = 'localhost:5000/kedge-sample:1',
  ): Promise<{ status: number; body: T }> {
    const query = new URLSearchParams({ tag, image_digest: image.digest });
    return this.call('POST', `users/${image.account}/images/${image.imageId}/check_inline?${query.toString()}`, bundle);
  }

  async count(table: string): Promise<number> {
    const [row] = await this.database.sql.query<{ n: number }>(`SELECT count(*)::int AS n FROM ${table}`);
    return row?.n ?? 0;
  }
}

async function startEngine(directory: string, database: TestDatabase, settings: string): Promise<RunningService> {
  const file = join(directory, 'config.yaml');
  await writeFile(
    file,
    `
host_id: test-host
webhooks: {}
metrics: { enabled: true, auth_disabled: true }
credentials: { database: { db_connect: ${JSON.stringify(database.url)}, db_pool_size: 5 } }
services: { policy_engine: { listen: 127.0.0.1, port: 0, ${settings} } }
`,
  );
  return startService(policyEngine, loadConfig(file), { logger: pino({ level: 'silent' }) });
}

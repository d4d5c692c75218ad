import { loadConfig, type KedgeConfig } from '@kedge/config';
import { createTestDatabase, type TestDatabase } from '@kedge/database/testing';
import type { ObjectId, ObjectStore } from '@kedge/object-store';
import { openImageSource, parseReference } from '@kedge/registry';
import { installJobQueue, PgBossJobQueue, startService, type RunningService } from '@kedge/service';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { analyzer } from '../index.js';

/** Runs the sources in child processes and threads, as Jest does in the test itself. */
export const RUN_SOURCES = `--import ${resolve(__dirname, '../../../../libs/service/src/testing/run-typescript.mjs')}`;
process.env['NODE_OPTIONS'] = `${process.env['NODE_OPTIONS'] ?? ''} ${RUN_SOURCES}`;

export interface ImageRow {
  analysis_status: string;
  analysis_error: string | null;
  [column: string]: unknown;
}

export interface StartSettings {
  /** Lines of `services.analyzer`. */
  analyzer?: string;
  /** Further top-level lines. */
  more?: string;
}

const ACCOUNT = 'admin';

/** A database, a queue, a directory, and analyzers that are closed with it. */
export class AnalyzerHarness {
  private readonly running: RunningService[] = [];
  private number = 0;

  private constructor(
    readonly database: TestDatabase,
    readonly queue: PgBossJobQueue,
    readonly directory: string,
  ) {}

  static async create(): Promise<AnalyzerHarness> {
    const database = await createTestDatabase();
    await installJobQueue(database.settings);
    const queue = await PgBossJobQueue.open(database.settings, {
      leaseSeconds: 10,
      superviseSeconds: 1,
      onProblem: () => undefined,
    });
    return new AnalyzerHarness(database, queue, await mkdtemp(join(tmpdir(), 'kedge-analyzer-')));
  }

  get tmpDir(): string {
    return join(this.directory, 'tmp');
  }

  /** Writes a config.yaml of its own folder and reads it. */
  async config(settings: StartSettings = {}): Promise<KedgeConfig> {
    const folder = join(this.directory, `config-${(this.number += 1)}`);
    await mkdir(folder);
    await mkdir(this.tmpDir, { recursive: true });
    const file = join(folder, 'config.yaml');
    const text = `
service_dir: ${folder}
tmp_dir: ${this.tmpDir}
log_level: FATAL
host_id: test-host
webhooks: {}
credentials: { database: { db_connect: ${JSON.stringify(this.database.url)} } }
${settings.more ?? ''}
services:
  catalog: { object_store: { compression: { enabled: true }, storage_driver: { name: db } } }
  analyzer:
    listen: 127.0.0.1
    port: 0
    ${(settings.analyzer ?? '').trim().replaceAll('\n', '\n    ')}
`;
    await writeFile(file, text);
    return loadConfig(file, {});
  }

  async start(settings: StartSettings = {}): Promise<RunningService> {
    return this.startWith(await this.config(settings));
  }

  async startWith(config: KedgeConfig): Promise<RunningService> {
    const service = await startService(analyzer, config);
    this.running.push(service);
    return service;
  }

  async stopAll(): Promise<void> {
    await Promise.all(this.running.splice(0).map((service) => service.close()));
  }

  async close(): Promise<void> {
    await this.stopAll();
    await this.queue.close();
    await this.database.drop();
    await rm(this.directory, { recursive: true, force: true });
  }

  /** Adds the rows that the catalog adds. `source` is a location or a reference; the answer is the image's digest. */
  async addImage(source: string, options: { tag?: string; dockerfile?: string } = {}): Promise<string> {
    const opened = openImageSource(source);
    const image = await opened.resolve().finally(() => opened.close());
    return this.addRows(source, { ...options, digest: image.digest, imageId: image.imageId });
  }

  async addRows(
    source: string,
    image: { digest: string; imageId?: string; tag?: string; dockerfile?: string },
  ): Promise<string> {
    const { digest, imageId = '0'.repeat(64) } = image;
    const local = /^(oci|docker-archive):/.test(source);
    const reference = parseReference(image.tag ?? (local ? 'localbuild/sample:1' : source));
    const now = Math.floor(Date.now() / 1000);
    const { sql } = this.database;
    await sql.query(
      `INSERT INTO catalog_image ("imageDigest", "userId", source_location, annotations, created_at, last_updated)
       VALUES ($1, $2, $3, '{"team":"a"}', $4, $4)`,
      [digest, ACCOUNT, local ? source : null, now],
    );
    await sql.query(
      `INSERT INTO catalog_image_docker ("imageDigest", "userId", registry, repo, tag, digest, "imageId", dockerfile,
                                         tag_detected_at, created_at, last_updated)
       VALUES ($1, $2, $3, $4, $5, $1, $6, $7, $8, $8, $8)`,
      [
        digest,
        ACCOUNT,
        reference.registry,
        reference.repo,
        reference.tag ?? 'none',
        imageId,
        image.dockerfile ? Buffer.from(image.dockerfile).toString('base64') : null,
        now,
      ],
    );
    return digest;
  }

  /** Sends the job and waits until the analysis is done or given up; the image's row. */
  async analyse(digest: string): Promise<ImageRow> {
    await this.send(digest);
    return this.finished(digest);
  }

  async send(digest: string): Promise<void> {
    await this.queue.send('analyze-image', { account: ACCOUNT, imageDigest: digest });
  }

  async finished(digest: string): Promise<ImageRow> {
    return this.eventually(async () => {
      const row = await this.row(digest);
      if (row?.analysis_status === 'analysis_failed') return row;
      const [job] = await this.jobs('index-image', digest);
      const done = job !== undefined && (await this.jobs('analyze-image', digest)).length === 0;
      return done ? this.row(digest) : undefined; // the one from before may be older than the job's end
    });
  }

  async row(digest: string): Promise<ImageRow | undefined> {
    const rows = await this.database.sql.query<ImageRow>(
      'SELECT * FROM catalog_image WHERE "imageDigest" = $1 AND "userId" = $2',
      [digest, ACCOUNT],
    );
    return rows[0];
  }

  /** Unfinished jobs. */
  jobs(queue: string, digest: string): Promise<Record<string, unknown>[]> {
    return this.database.sql.query(
      `SELECT * FROM kedge_jobs.job WHERE name = $1 AND data->>'imageDigest' = $2 AND state IN ('created','retry','active')`,
      [queue, digest],
    );
  }

  events(type: string): Promise<Record<string, unknown>[]> {
    return this.database.sql.query('SELECT * FROM events WHERE type = $1 ORDER BY created_at', [type]);
  }

  id(bucket: string, key: string): ObjectId {
    return { account: ACCOUNT, bucket, key };
  }

  async document<T>(store: ObjectStore, bucket: string, digest: string): Promise<T> {
    const found = await store.getDocument<T>(this.id(bucket, digest));
    if (found === undefined) throw new Error(`there is no ${bucket} of ${digest}`);
    return found;
  }

  /** Resolves with the value that `read` gives first. */
  async eventually<T>(read: () => T | undefined | Promise<T | undefined>): Promise<T> {
    for (;;) {
      const value = await read();
      if (value !== undefined) return value;
      await sleep(20);
    }
  }
}

/** The value of a metric with these labels. */
export async function metric(service: RunningService, name: string, labels: Record<string, string> = {}) {
  const found = await service.context.metrics.getSingleMetric(name)?.get();
  const value = found?.values.find((each) => Object.entries(labels).every(([key, text]) => each.labels[key] === text));
  return value?.value ?? 0;
}

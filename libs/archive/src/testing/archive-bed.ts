import type { Sql } from '@kedge/database';
import { createTestDatabase, type TestDatabase } from '@kedge/database/testing';
import { builtinDrivers } from '@kedge/drivers';
import { openObjectStores, type ObjectStore } from '@kedge/object-store';
import { createHash } from 'node:crypto';
import type { ArchiveContext, ArchiveEvent } from '../images/archive-context.js';

/** A database with object stores and what archiving needs. Jobs and events are kept in lists. */
export interface ArchiveBed {
  database: TestDatabase;
  context: ArchiveContext;
  indexed: string[];
  events: ArchiveEvent[];
  /** Back to an empty database. */
  empty(): Promise<void>;
  close(): Promise<void>;
}

export async function archiveBed(): Promise<ArchiveBed> {
  const database = await createTestDatabase();
  const section = { compression: { enabled: true, min_size_kbytes: 0, codec: 'zstd' as const } };
  const stores = await openObjectStores(
    { objectStore: { ...section, storage_driver: { name: 'db', config: {} } } },
    { sql: database.sql, registry: builtinDrivers() },
  );
  const indexed: string[] = [];
  const events: ArchiveEvent[] = [];
  const context: ArchiveContext = {
    sql: database.sql,
    objectStore: stores.objectStore,
    analysisArchive: stores.analysisArchive,
    version: '0.0.0-test',
    indexImage: async (_account, imageDigest) => void indexed.push(imageDigest),
    onEvent: (event) => void events.push(event),
  };
  const empty = async (): Promise<void> => {
    await database.sql.query(
      `TRUNCATE archive_metadata, kedge_object, kedge_object_chunk, catalog_image, catalog_image_docker, policy_eval,
         catalog_archived_images, catalog_archived_images_docker, catalog_archive_transition_rules,
         catalog_archive_transition_history`,
    );
    indexed.length = 0;
    events.length = 0;
  };
  const close = async (): Promise<void> => {
    await stores.close();
    await database.drop();
  };
  return { database, context, indexed, events, empty, close };
}

/** `sha256:` of a text. */
export function digestOf(text: string): string {
  return `sha256:${createHash('sha256').update(text).digest('hex')}`;
}

export interface TestImage {
  /** `registry/repo:tag`, each optionally with `@` and when it was detected. */
  tags: string[];
  account?: string;
  /** Seconds since 1970; null: not analysed. */
  analyzedAt?: number | null;
}

/** An image in the working set, with its rows. */
export async function addImage(sql: Sql, name: string, image: TestImage): Promise<string> {
  const digest = digestOf(name);
  const { account = 'admin', analyzedAt = 1000, tags } = image;
  await sql.query(
    `INSERT INTO catalog_image ("imageDigest", "userId", "parentDigest", annotations, analysis_status, analyzed_at,
        created_at, last_updated) VALUES ($1, $2, $3, '{"team":"a"}', $4, $5, 1000, 1000)`,
    [digest, account, digestOf(`list of ${name}`), analyzedAt === null ? 'not_analyzed' : 'analyzed', analyzedAt],
  );
  for (const text of tags) {
    const [, registry, repo, tag, detected = 1000] = /^([^/]+)\/(.+):([^@]+)(?:@(\d+))?$/.exec(text) ?? [];
    await sql.query(
      `INSERT INTO catalog_image_docker ("imageDigest", "userId", registry, repo, tag, digest, "imageId",
          tag_detected_at, created_at, last_updated) VALUES ($1, $2, $3, $4, $5, $1, $6, $7, 1000, 1000)`,
      [digest, account, registry, repo, tag, digest.slice('sha256:'.length), detected],
    );
  }
  return digest;
}

/** The documents that an analysis leaves behind. */
export async function addDocuments(store: ObjectStore, account: string, digest: string): Promise<void> {
  const put = (bucket: string, value: unknown) => store.putDocument({ account, bucket, key: digest }, value);
  await put('analysis_data', [{ image: { imageId: digest, imagedata: { text: 'é'.repeat(100_000) } } }]);
  await put('image_content_data', { os: {}, files: { '/etc': { name: '/etc', size: 0 } } });
  await put('manifest_data', '{"schemaVersion":2}');
  await put('parent_manifest_data', '{"schemaVersion":2,"manifests":[]}');
}

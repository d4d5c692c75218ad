import {
  buildLayout,
  pushLayout,
  startRegistry,
  temporaryDirectory,
  type RegistryServer,
} from '@kedge/registry/testing';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { startCatalog, type Answer, type TestCatalog } from './start-catalog.js';

/** A catalog and an empty registry, with the calls that tests of images make. */
export interface ImageBed {
  catalog: TestCatalog;
  registry: RegistryServer;
  directory: string;
  /** Pushes a fresh small image, to the bed's registry unless another one is given. */
  push: (repoAndTag: string, content: string, server?: RegistryServer) => Promise<{ digest: string; tag: string }>;
  /** `POST /images` */
  add: (body: unknown, query?: string) => Promise<Answer>;
  /** `GET /images...` */
  get: (path: string) => Promise<Answer>;
  /** Sets columns of the image's row. */
  update: (digest: string, set: string) => Promise<unknown>;
  /** Jobs of the image that wait in a queue. */
  waiting: (queue: string, digest: string) => Promise<number>;
  /** Takes the image's waiting analysis away. */
  cancelAnalysis: (digest: string) => Promise<unknown>;
  stop: () => Promise<void>;
}

/** Images may also be added from `<directory>/allowed` and the other directories; the size limit is 1 MB. */
export async function imageBed(localDirectories: string[] = []): Promise<ImageBed> {
  const directory = await temporaryDirectory();
  const allowed = join(directory.path, 'allowed');
  await mkdir(allowed);
  const registry = await startRegistry();
  const catalog = await startCatalog(
    `    local_image_directories: ${JSON.stringify([allowed, ...localDirectories])}\nmax_compressed_image_size_mb: 1`,
  );
  const { database, call, service } = catalog;
  let serial = 0;
  return {
    catalog,
    registry,
    directory: directory.path,
    push: async (repoAndTag, content, server = registry) => {
      const layout = join(directory.path, `layout-${(serial += 1)}`);
      const { digest } = await buildLayout(layout, { layers: [[{ name: 'file', content }]] });
      const { username = '', password } = server.credentials ?? {};
      await pushLayout(layout, { url: server.url, username, password: password?.reveal() ?? '' }, repoAndTag);
      return { digest, tag: `${server.host}/${repoAndTag}` };
    },
    add: (body, query = '') => call(`POST /v1/images${query}`, { body }),
    get: (path) => call(`GET /v1/images${path}`),
    update: (digest, set) => database.sql.query(`UPDATE catalog_image SET ${set} WHERE "imageDigest" = $1`, [digest]),
    waiting: async (queue, digest) => {
      const rows = await database.sql.query(
        `SELECT 1 FROM kedge_jobs.job WHERE name = $1 AND data->>'imageDigest' = $2 AND state < 'active'`,
        [queue, digest],
      );
      return rows.length;
    },
    cancelAnalysis: (digest) => service.context.jobs.cancel('analyze-image', `admin/${digest}`),
    stop: async () => {
      await catalog.stop();
      await registry.stop();
      await directory.remove();
    },
  };
}

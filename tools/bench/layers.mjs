// Images that share a base: what the second and later ones cost, by a real analyzer on a real database, against the floor
// of their own layers alone (native tools).
//   npm run bench -- layers [--size small|full] [--store db|localfs]
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { writeImage, writeLayer } from './analyze-layout.mjs';
import { nativeSeconds } from './native-floor.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '../..');
const load = (path) => createRequire(import.meta.url)(join(root, path, 'dist/index.js'));
const { values } = parseArgs({
  options: { size: { type: 'string', default: 'small' }, store: { type: 'string', default: 'db' } },
});

const IMAGES = 10;
const SIZES = {
  small: { base: { small: 4000, large: 6 }, own: { small: 400, large: 2 } },
  full: { base: { small: 16_000, large: 20 }, own: { small: 1500, large: 8 } },
};
/** What a later image may cost: its own layers at one and a half times the floor, and 200 ms for everything else. */
const allowed = (floorSeconds) => floorSeconds * 1.5 + 0.2;

/** Ten layouts on one base; blobs are hard to share between layouts, so each has its own copy of the base. */
async function makeImages(folder, { base, own }) {
  const images = [];
  const first = join(folder, 'app-01');
  const baseLayer = await writeLayer(first, 'base', base);
  for (let index = 1; index <= IMAGES; index += 1) {
    const name = `app-${String(index).padStart(2, '0')}`;
    const layout = join(folder, name);
    const ownLayer = await writeLayer(layout, name, own);
    const { digest } = baseLayer.descriptor;
    if (layout !== first) writeFileSync(blobPath(layout, digest), readFileSync(blobPath(first, digest)));
    const image = writeImage(layout, [baseLayer, ownLayer]);
    images.push({
      name,
      layout,
      ...image,
      own: blobPath(layout, ownLayer.descriptor.digest),
      bytes: ownLayer.descriptor.size,
    });
  }
  return images;
}

function blobPath(layout, digest) {
  return join(layout, 'blobs', ...digest.split(':'));
}

/** A database, a queue and an analyzer in this process. */
async function startAnalyzer(folder) {
  const { createDataSource, EmbeddedPostgres, Sql, upgradeSchema } = load('libs/database');
  const { loadConfig, databaseSettings } = load('libs/config');
  const { installJobQueue, startService } = load('libs/service');
  const { analyzer } = load('apps/analyzer');
  const postgres = await EmbeddedPostgres.start({ directory: join(folder, 'pg') });
  const file = join(folder, 'config.yaml');
  mkdirSync(join(folder, 'tmp'));
  mkdirSync(join(folder, 'objects'));
  const driver =
    values.store === 'db' ? { name: 'db' } : { name: 'localfs', config: { archive_data_dir: join(folder, 'objects') } };
  const config = {
    tmp_dir: join(folder, 'tmp'),
    log_level: 'ERROR',
    webhooks: {},
    credentials: { database: { db_connect: postgres.url } },
    services: {
      catalog: { object_store: { compression: { enabled: true }, storage_driver: driver } },
      analyzer: { listen: '127.0.0.1', port: 0, local_image_directories: [folder] },
    },
  };
  writeFileSync(file, JSON.stringify(config)); // JSON is YAML
  const loaded = loadConfig(file, {});
  const settings = databaseSettings(loaded);
  const dataSource = await createDataSource(settings);
  await upgradeSchema(dataSource);
  await installJobQueue(settings);
  const service = await startService(analyzer, loaded);
  const close = async () => {
    await service.close();
    await dataSource.destroy();
    await postgres.stop();
  };
  return { sql: new Sql(dataSource), service, close };
}

/** Adds the image as the catalog does and waits until its documents are stored; seconds, and what was read for it. */
async function analyse({ sql, service }, { name, layout, digest, imageId }) {
  const { jobs, metrics } = service.context;
  await sql.query(
    `INSERT INTO catalog_image ("imageDigest", "userId", source_location, created_at, last_updated)
     VALUES ($1, 'admin', $2, 0, 0)`,
    [digest, `oci:${layout}`],
  );
  await sql.query(
    `INSERT INTO catalog_image_docker ("imageDigest", "userId", registry, repo, tag, digest, "imageId",
                                       tag_detected_at, created_at, last_updated)
     VALUES ($1, 'admin', 'localbuild', $2, '1', $1, $3, 0, 0, 0)`,
    [digest, name, imageId],
  );
  const counter = async (metric) => (await metrics.getSingleMetric(metric).get()).values[0]?.value ?? 0;
  const fetched = await counter('kedge_analysis_fetched_bytes_total');
  const started = performance.now();
  await jobs.send('analyze-image', { account: 'admin', imageDigest: digest });
  for (;;) {
    const [row] = await sql.query(
      `SELECT i.analysis_error AS failure, count(j.id)::integer AS done FROM catalog_image i
         LEFT JOIN kedge_jobs.job j ON j.name = 'index-image' AND j.data->>'imageDigest' = i."imageDigest"
        WHERE i."imageDigest" = $1 GROUP BY 1`,
      [digest],
    );
    if (row.failure) throw new Error(`${name}: ${row.failure}`);
    if (row.done > 0) break;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  const seconds = (performance.now() - started) / 1000;
  return { seconds, readBytes: (await counter('kedge_analysis_fetched_bytes_total')) - fetched };
}

async function main() {
  const shape = SIZES[values.size];
  if (!shape) throw new Error(`--size is small or full, not ${values.size}`);
  if (!['db', 'localfs'].includes(values.store)) throw new Error(`--store is db or localfs, not ${values.store}`);
  const folder = mkdtempSync(join(tmpdir(), 'kb-'));
  chmodSync(folder, 0o755); // the database may run as another user
  try {
    console.log('Making ten images on one base ...');
    const images = await makeImages(folder, shape);
    const analyzer = await startAnalyzer(folder);
    const results = [];
    try {
      for (const image of images) {
        readFileSync(image.own); // both sides read from the page cache
        const floorSeconds = Math.min(nativeSeconds(image.own), nativeSeconds(image.own));
        const { seconds, readBytes } = await analyse(analyzer, image);
        const result = {
          name: image.name,
          own_mb: round(image.bytes / 1e6),
          read_mb: round(readBytes / 1e6),
          seconds: round(seconds),
          floor_seconds: round(floorSeconds),
          allowed_seconds: round(allowed(floorSeconds)),
          ratio: round(seconds / allowed(floorSeconds)),
        };
        const note = image === images[0] ? '(base and own layer; not compared)' : `allowed ${result.allowed_seconds} s`;
        console.log(
          `  ${result.name}  ${result.seconds.toFixed(2)} s  ${note}, read ${result.read_mb} MB, own layer ${result.own_mb} MB`,
        );
        if (image !== images[0]) results.push(result);
      }
      if (process.env.BENCH_METRICS) console.log(await analyzer.service.context.metrics.metrics());
    } finally {
      await analyzer.close();
    }
    console.log(JSON.stringify({ bench: 'layers', size: values.size, store: values.store, results }));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function round(value) {
  return Math.round(value * 1000) / 1000;
}

await main();

// Moving objects between storage drivers against plain copies of the same bytes.
//   npm run bench -- migrate [--size small|full] [--objects N] [--no-s3]
// small: 200 documents (about 90 MB); full: 1,000 documents (about 450 MB), then 100,000 small ones for the throughput and
// one of 2 GiB for the memory. Half of the documents have 2-20 kB, 40 % 100-500 kB, 10 % 2-5 MB of JSON.
// Floors: COPY of the content to a file and `cp -r` of as many files (db -> localfs), `rclone copy --transfers 16` from disk to
// the same S3 server (db -> s3) and back (s3 -> localfs).
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, createWriteStream, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { setFlagsFromString } from 'node:v8';
import { peakRssMb } from './peak-rss.mjs';
import { rcloneToS3 } from './rclone-program.mjs';

// As in the manager's main.ts.
process.env.UV_THREADPOOL_SIZE ??= '16';
setFlagsFromString('--semi-space-growth-factor=1');
const require = createRequire(import.meta.url);
const root = join(dirname(fileURLToPath(import.meta.url)), '../..');
const { values, positionals } = parseArgs({
  options: {
    size: { type: 'string', default: 'small' },
    objects: { type: 'string' },
    s3: { type: 'boolean', default: true },
    worker: { type: 'boolean', default: false },
  },
  allowPositionals: true,
  allowNegative: true,
});
const library = (name) => require(join(root, 'libs', name, 'dist/index.js'));
const MB = 1e6;

/** Compressible JSON of about so many bytes, different for every number. */
function document(number, bytes) {
  const parts = [];
  for (let size = 0, line = 0; size < bytes; line += 1) {
    const part = `{"path":"/usr/share/doc/package-${(number * 31 + line) % 9973}/file-${line}","sha256":"${((number + 1) * (line + 7) * 2654435761).toString(16).padStart(16, '0')}","mode":"0o644","size":${(line * 7919) % 100003}}`;
    parts.push(part);
    size += part.length + 1;
  }
  return `{"document":[${parts.join(',')}]}`;
}

function sizeOf(number) {
  const spread = ((number * 7919) % 1000) / 1000;
  if (number % 10 < 5) return 2000 + spread * 18_000;
  if (number % 10 < 9) return 100_000 + spread * 400_000;
  return 2 * MB + spread * 3 * MB;
}

/** One migration in a process of its own, so that its memory is its own; prints one JSON line. */
async function worker({ url, from, to, workers }) {
  const { createDataSource, Sql } = library('database');
  const { parseDatabaseUrl } = library('config');
  const { builtinDrivers } = require(join(root, 'libs/drivers/builtin/dist/index.js'));
  const settings = parseDatabaseUrl(url);
  const dataSource = await createDataSource({ ...settings, poolSize: 8 });
  const sql = new Sql(dataSource);
  const side = async (wanted) => {
    const driver = builtinDrivers().createDriver(wanted, { sql });
    await driver.init();
    const compression = { enabled: false, min_size_kbytes: 100, codec: 'zstd' };
    return { driver, name: wanted.name, compression, section: 'object_store' };
  };
  const [source, destination] = [await side(from), await side(to)];
  const started = performance.now();
  const report = await library('migration').migrate({
    sql,
    database: settings,
    source,
    destination,
    deleteSource: true,
    workers,
  });
  const seconds = (performance.now() - started) / 1000;
  if (!report.complete) throw new Error(`the migration is not complete: ${JSON.stringify(report.failures)}`);
  console.log(JSON.stringify({ seconds, moved: report.moved, peakRssMb: peakRssMb() }));
  process.exit(0);
}

async function migrate(order) {
  const child = spawn(process.execPath, [fileURLToPath(import.meta.url), '--worker', JSON.stringify(order)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let output = '';
  child.stdout.on('data', (data) => (output += data));
  const [code] = await once(child, 'close');
  if (code !== 0) throw new Error(`the migration ended with exit code ${code}`);
  return JSON.parse(output);
}

/** Puts `count` documents; answers plain bytes. */
async function fill(store, count, bytesOf) {
  let bytes = 0;
  const lanes = Array.from({ length: 8 }, async (_, lane) => {
    for (let number = lane; number < count; number += 8) {
      const text = document(number, bytesOf(number));
      bytes += text.length;
      await store.put({ account: 'admin', bucket: 'analysis_data', key: `document-${number}` }, text);
    }
  });
  await Promise.all(lanes);
  return bytes;
}

/** COPY of all content into one file, then files of the same content copied by cp. */
async function copyFloor(dataSource, folder, files) {
  const { to } = require('pg-copy-streams');
  const client = await dataSource.driver.master.connect();
  const started = performance.now();
  try {
    await pipeline(
      client.query(
        to(
          'COPY (SELECT data FROM kedge_object WHERE data IS NOT NULL UNION ALL SELECT data FROM kedge_object_chunk) TO STDOUT',
        ),
      ),
      createWriteStream(join(folder, 'content.copy')),
    );
  } finally {
    client.release();
  }
  const copied = spawnSync('cp', ['-r', files, join(folder, 'copy')]);
  if (copied.status !== 0) throw new Error(String(copied.stderr));
  spawnSync('sync', ['-f', folder]);
  return (performance.now() - started) / 1000;
}

async function swift() {
  process.env.KEDGE_TEST_SWIFT_DIR ??= mkdtempSync(join(tmpdir(), 'kedge-swift-'));
  const { swiftServer } = require(join(root, 'libs/object-store/dist/testing/index.js'));
  return (await swiftServer()).s3;
}

async function main() {
  if (values.worker) return worker(JSON.parse(positionals[0]));
  if (!['small', 'full'].includes(values.size)) throw new Error(`--size is small or full, not ${values.size}`);
  const full = values.size === 'full';
  const objects = Number(values.objects ?? (full ? 1000 : 200));
  const folder = mkdtempSync(join(tmpdir(), 'kedge-bench-'));
  chmodSync(folder, 0o755);
  const { EmbeddedPostgres, createDataSource, upgradeSchema, Sql } = library('database');
  const { parseDatabaseUrl } = library('config');
  const { ObjectStore } = library('object-store');
  const { builtinDrivers } = require(join(root, 'libs/drivers/builtin/dist/index.js'));
  const server = await EmbeddedPostgres.start({ directory: join(folder, 'pg') });
  const dataSource = await createDataSource(parseDatabaseUrl(server.url));
  const results = [];
  /** What was written before is on disk before a clock starts; else whoever comes next pays for it, ours or the floor. */
  const settle = async () => {
    await dataSource.query('CHECKPOINT');
    spawnSync('sync', ['-f', folder]);
  };
  const add = (name, ours, floor, bytes, count) => {
    const round = (value) => Math.round(value * 100) / 100;
    const floorText =
      floor === undefined ? '' : `, floor ${floor.toFixed(2)} s, ratio ${(ours.seconds / floor).toFixed(2)}`;
    console.log(
      `  ${name.padEnd(24)} ${ours.seconds.toFixed(2)} s, ${(bytes / MB / ours.seconds).toFixed(0)} MB/s, ${(count / ours.seconds).toFixed(0)} objects/s, peak ${ours.peakRssMb.toFixed(0)} MB${floorText}`,
    );
    results.push({
      name,
      seconds: round(ours.seconds),
      floor_seconds: floor === undefined ? null : round(floor),
      ratio: floor === undefined ? null : round(ours.seconds / floor),
      peak_rss_mb: Math.round(ours.peakRssMb),
      objects: count,
      bytes,
      objects_per_s: round(count / ours.seconds),
    });
  };
  try {
    await upgradeSchema(dataSource);
    const sql = new Sql(dataSource);
    const db = { name: 'db', config: {} };
    const files = (name) => ({ name: 'localfs', config: { archive_data_dir: join(folder, name) } });
    const driver = builtinDrivers().createDriver(db, { sql });
    await driver.init();
    const store = new ObjectStore({
      driver,
      sql,
      compression: { enabled: false, min_size_kbytes: 100, codec: 'zstd' },
    });
    const order = { url: server.url, workers: 8 };

    const bytes = await fill(store, objects, sizeOf);
    console.log(`${objects} documents, ${(bytes / MB).toFixed(0)} MB`);
    const plain = join(folder, 'plain');
    mkdirSync(plain);
    for (let number = 0; number < objects; number += 1) {
      writeFileSync(join(plain, `document-${number}.json`), document(number, sizeOf(number)));
    }
    await settle();
    const copy = await copyFloor(dataSource, folder, plain);
    const local = files('objects');
    await settle();
    add('db->localfs', await migrate({ ...order, from: db, to: local }), copy, bytes, objects);
    await migrate({ ...order, from: local, to: db });
    if (values.s3) {
      const s3 = await swift();
      const bucket = (name) => ({
        name: 's3',
        config: {
          url: s3.url,
          region: s3.region,
          access_key: s3.accessKey,
          secret_key: s3.secretKey,
          bucket: `bench-${process.pid}-${name}`,
          create_bucket: true,
        },
      });
      await settle();
      const rclone = rcloneToS3(plain, s3, `bench-${process.pid}-rclone`);
      await settle();
      add('db->s3', await migrate({ ...order, workers: 16, from: db, to: bucket('kedge') }), rclone, bytes, objects);
      await settle();
      add(
        's3->localfs',
        await migrate({ ...order, workers: 16, from: bucket('kedge'), to: local }),
        rclone,
        bytes,
        objects,
      );
      await migrate({ ...order, from: local, to: db });
    }
    if (full) {
      await migrate({ ...order, from: db, to: files('aside') });
      const small = () => 300;
      for (const count of [1000, 100_000]) {
        const smallBytes = await fill(store, count, small);
        add(
          `${count} small db->localfs`,
          await migrate({ ...order, from: db, to: files(`small-${count}`) }),
          undefined,
          smallBytes,
          count,
        );
      }
      const big = 2 * 1024 ** 3;
      const piece = Buffer.alloc(1024 * 1024, document(1, 50_000));
      await store.put(
        { account: 'admin', bucket: 'analysis_archive', key: 'large' },
        Readable.from(
          (function* () {
            for (let sent = 0; sent < big; sent += piece.length) yield piece;
          })(),
          { objectMode: false },
        ),
      );
      add('2 GiB db->localfs', await migrate({ ...order, from: db, to: files('large') }), undefined, big, 1);
    }
    console.log(JSON.stringify({ bench: 'migrate', results }));
  } finally {
    await dataSource.destroy();
    await server.stop();
    if (process.env.KEDGE_TEST_SWIFT_DIR)
      spawnSync('bash', [join(root, 'tools/servers/swift.sh'), 'stop', process.env.KEDGE_TEST_SWIFT_DIR]);
    rmSync(folder, { recursive: true, force: true });
  }
}

await main();

// One step of the policy bench; prints one JSON line. See policy.mjs.
import { createReadStream, createWriteStream, rmSync, statSync } from 'node:fs';
import { once } from 'node:events';
import { createRequire } from 'node:module';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { peakRssMb } from './peak-rss.mjs';
import { everyTrigger, FINDINGS, largeAllowlist } from './policy-bundles.mjs';

const require = createRequire(new URL('../../apps/policy-engine/package.json', import.meta.url));
const { parseDatabaseUrl } = require('@kedge/config');
const { createDataSource, Sql, upgradeSchema } = require('@kedge/database');
const { builtinDrivers } = require('@kedge/drivers');
const { ObjectStore } = require('@kedge/object-store');
const { DEFAULT_BUNDLE } = require('@kedge/policy');
const engine = (path) => require(`../../apps/policy-engine/dist/${path}.js`);

const image = (number) => ({ account: 'bench', digest: `sha256:${String(number).padStart(64, '0')}` });

/** A fresh database with the current schema, and an indexer on it. */
async function open({ url, folder: parent }) {
  const settings = parseDatabaseUrl(url);
  const server = await createDataSource(settings);
  const database = `bench_${process.pid}`;
  await server.query(`CREATE DATABASE ${database}`);
  const dataSource = await createDataSource({ ...settings, database });
  await upgradeSchema(dataSource);
  const sql = new Sql(dataSource);
  const folder = `${parent}/objects-${process.pid}`;
  const driver = builtinDrivers().createDriver({ name: 'localfs', config: { archive_data_dir: folder } }, { sql });
  await driver.init();
  const objects = new ObjectStore({
    driver,
    sql,
    compression: { enabled: false, min_size_kbytes: 100, codec: 'zstd' },
  });
  const { ImageIndexer } = engine('jobs/image-indexer');
  const { IndexStore } = engine('index-store/index-store');
  const indexer = new ImageIndexer(sql, objects, new IndexStore(sql), { packageDb: true, distroNvdMatches: true });
  const close = async () => {
    await driver.close();
    await dataSource.destroy();
    await server.query(`DROP DATABASE ${database} WITH (FORCE)`);
    await server.destroy();
    rmSync(folder, { recursive: true, force: true });
  };
  /** Makes an image known and stores its document. */
  const add = async (number, document) => {
    const { account, digest } = image(number);
    await sql.query(
      `INSERT INTO catalog_image ("imageDigest", "userId", created_at, last_updated) VALUES ($1, $2, 1, 1)`,
      [digest, account],
    );
    await objects.put({ account, bucket: 'analysis_data', key: digest }, createReadStream(document));
  };
  return { sql, indexer, add, close, folder };
}

/** The table of the old system with a row for every packaged file (policy spec 1.7). */
async function createClassic(sql) {
  await sql.query(`
    CREATE TABLE classic (
      image_id varchar NOT NULL, image_user_id varchar NOT NULL, pkg_name varchar NOT NULL, pkg_version varchar NOT NULL,
      pkg_type varchar NOT NULL, pkg_arch varchar NOT NULL, pkg_path varchar NOT NULL, file_path varchar NOT NULL,
      is_config_file boolean, digest varchar, digest_algorithm varchar, file_group_name varchar, file_user_name varchar,
      mode integer, size bigint,
      PRIMARY KEY (image_id, image_user_id, pkg_name, pkg_version, pkg_type, pkg_arch, pkg_path, file_path))`);
}

/** A table with a row for every file of an image, as plain as can be; the old system kept one document instead. */
async function createFileRows(sql) {
  await sql.query(`
    CREATE TABLE file_rows (
      image_id varchar NOT NULL, path varchar NOT NULL, type varchar, mode integer, uid bigint, gid bigint, size bigint,
      link varchar, sha256 varchar, sha1 varchar, md5 varchar, packaged boolean, PRIMARY KEY (image_id, path))`);
}

async function indexedView(sql) {
  const { findImage } = engine('image-view/image-row');
  const { PgImageView } = engine('image-view/pg-image-view');
  const { contentCaches } = engine('image-view/content-cache');
  const row = await findImage(sql, { account: 'bench', imageId: '0'.repeat(64) }, true);
  const { readFeedState } = engine('feeds/feed-state');
  const feeds = await readFeedState(sql, row);
  const previous = { tag: '', image: undefined };
  return new PgImageView(sql, row, { previous, feeds, caches: contentCaches(), distroNvdMatches: true });
}

async function writeRows(file, lists) {
  const out = createWriteStream(file);
  let rows = 0;
  for await (const list of lists) {
    for (const fields of list) {
      if (!out.write(`${fields.map((field) => field ?? '\\N').join('\t')}\n`)) await once(out, 'drain');
      rows += 1;
    }
  }
  out.end();
  await once(out, 'finish');
  return rows;
}

const flag = (value) => (value ? 't' : 'f');

/** The rows of `file_rows` for an indexed image, as a file in the format of COPY. */
async function writeFileRows(sql, file) {
  const view = await indexedView(sql);
  return writeRows(file, rows());
  async function* rows() {
    for await (const run of await view.files()) {
      // Lists of all files come without digests.
      const files = await view.filesAt(Array.from(run, ({ path }) => path));
      yield files.map(({ path, type, mode, uid, gid, size, linkTarget, sha256, sha1, md5, packaged }) => [
        ...[view.imageId, path, type, mode, uid, gid, size, linkTarget, sha256, sha1, md5, flag(packaged)],
      ]);
    }
  }
}

/** The rows of the classic table for an indexed image, as a file in the format of COPY. */
async function writeClassicRows(sql, file) {
  const view = await indexedView(sql);
  return writeRows(file, rows());
  async function* rows() {
    for await (const { name, version, type, arch, entries } of view.packageDb()) {
      yield entries.map((entry) => [
        ...[view.imageId, 'bench', name, version, type, arch, 'pkgdb', entry.path, flag(entry.isConfigFile)],
        ...[entry.digest, entry.digestAlgorithm, entry.groupName, entry.userName, entry.mode, entry.size],
      ]);
    }
  }
}

const walPosition = async (sql) => Number((await sql.query(`SELECT pg_current_wal_lsn() - '0/0'::pg_lsn AS at`))[0].at);

async function timed(sql, work) {
  await sql.query('CHECKPOINT');
  const before = await walPosition(sql);
  const started = performance.now();
  await work();
  const seconds = (performance.now() - started) / 1000;
  return { seconds, walBytes: (await walPosition(sql)) - before };
}

async function index({ document, ...place }) {
  const { sql, indexer, add, close, folder } = await open(place);
  await add(0, document);
  await createClassic(sql);
  await indexer.run(image(0)); // a service has run for a while: its code is compiled
  const rowsFile = `${folder}/rows`;
  const rows = await writeClassicRows(sql, rowsFile);
  await createFileRows(sql);
  const fileRowsFile = `${folder}/file-rows`;
  await writeFileRows(sql, fileRowsFile);
  const runs = [];
  let outcome;
  for (let run = 0; run < 5; run += 1) {
    await forget(sql, image(0));
    const ours = await timed(sql, async () => (outcome = await indexer.run(image(0))));
    await sql.query('TRUNCATE classic, file_rows');
    const packaged = await timed(sql, () => sql.copyIn('COPY classic FROM STDIN', createReadStream(rowsFile)));
    const files = await timed(sql, () => sql.copyIn('COPY file_rows FROM STDIN', createReadStream(fileRowsFile)));
    const floor = { seconds: packaged.seconds + files.seconds, walBytes: packaged.walBytes + files.walBytes };
    runs.push({ ours, packaged, floor });
  }
  const indexPeakMb = peakRssMb();
  const best = (side) => runs.map((run) => run[side]).reduce((a, b) => (b.seconds < a.seconds ? b : a));
  await close();
  return {
    ...{
      ours: best('ours'),
      floor: best('floor'),
      packagedFloor: best('packaged'),
      rows,
      peakRssMb: indexPeakMb,
      documentBytes: statSync(document).size,
    },
    ...{ packages: outcome.packages, files: outcome.files },
  };
}

async function forget(sql, name) {
  const { IndexStore } = engine('index-store/index-store');
  await new IndexStore(sql).forget(name);
  await sql.query('VACUUM');
}

const PACKAGES_DATABASE = ['package_content', 'policy_image'];
const ALL = [...PACKAGES_DATABASE, 'image_package', 'file_block', 'image_artifact', 'index_garbage'];

async function sizes({ documents, ...place }) {
  const { sql, indexer, add, close, folder } = await open(place);
  const bytes = async (tables) => {
    const [row] = await sql.query(
      `SELECT sum(pg_total_relation_size(name::regclass))::bigint AS bytes FROM unnest($1::text[]) AS name`,
      [tables],
    );
    return Number(row.bytes);
  };
  let number = 0;
  /** Bytes that indexing these documents adds, per document. */
  const growth = async (list) => {
    const [packages, all] = [await bytes(PACKAGES_DATABASE), await bytes(ALL)];
    for (const document of list) {
      await add(number, document);
      await indexer.run(image(number));
      number += 1;
    }
    const each = (before, after) => (after - before) / list.length;
    return { packages: each(packages, await bytes(PACKAGES_DATABASE)), all: each(all, await bytes(ALL)) };
  };
  const first = await growth([documents.base]);
  await createClassic(sql);
  const empty = await bytes(['classic']);
  await writeClassicRows(sql, `${folder}/rows`);
  await sql.copyIn('COPY classic FROM STDIN', createReadStream(`${folder}/rows`));
  const classic = (await bytes(['classic'])) - empty;
  const repeat = await growth(documents.repeats);
  const half = documents.half && (await growth([documents.half]));
  await close();
  return {
    ...{ classic, first: first.packages, repeat: repeat.packages, half: half?.packages },
    ...{ indexFirst: first.all, indexRepeat: repeat.all },
  };
}

async function evaluate({ document, ...place }) {
  const { sql, indexer, add, close } = await open(place);
  await add(0, document);
  await indexer.run(image(0));
  await sql.query('VACUUM ANALYZE');
  const { Evaluator } = engine('evaluation/evaluator');
  const { EvaluationCache } = engine('evaluation/evaluation-cache');
  const { EvaluationMetrics } = engine('evaluation/evaluation-metrics');
  const { contentCaches } = engine('image-view/content-cache');
  const { Registry } = createRequire(new URL('../../package.json', import.meta.url))('prom-client');
  const logger = { warn: (about, text) => console.error(text, about) };
  const evaluator = (caches, cacheEnabled) =>
    new Evaluator({
      ...{ sql, caches, logger, cache: new EvaluationCache(sql), metrics: new EvaluationMetrics(new Registry()) },
      settings: { packageDb: true, cacheSeconds: 3600, cacheEnabled },
    });
  const results = [];
  const measure = async (name, times, bundle, makeEvaluator) => {
    const request = { account: 'bench', imageId: '0'.repeat(64), tag: 'localhost/bench:1', bundle };
    for (let warmUp = 0; warmUp < 5; warmUp += 1) await makeEvaluator().evaluate(request);
    const delay = monitorEventLoopDelay({ resolution: 1 });
    delay.enable();
    const taken = [];
    let evaluation;
    for (let run = 0; run < times; run += 1) {
      const subject = makeEvaluator();
      const started = performance.now();
      evaluation = await subject.evaluate(request);
      taken.push(performance.now() - started);
    }
    delay.disable();
    taken.sort((a, b) => a - b);
    const at = (share) => Number(taken[Math.min(taken.length - 1, Math.floor(taken.length * share))].toFixed(1));
    const { row_count: rows } = evaluation.result[request.imageId].result;
    // A root that is not made up has none of the paths that the rule looks for.
    if (name.includes('allowlist') && rows !== FINDINGS && rows !== 0) throw new Error(`${rows} findings`);
    const errors = evaluation.evaluation_problems.filter(({ severity }) => severity === 'error');
    if (errors.length > 0) throw new Error(`the evaluation has problems: ${JSON.stringify(errors)}`);
    results.push({
      name,
      times,
      median_ms: at(0.5),
      p99_ms: at(0.99),
      rows,
      longest_turn_ms: Number((delay.max / 1e6).toFixed(1)),
    });
  };
  const shared = contentCaches();
  for (const [which, bundle] of [
    ['default', DEFAULT_BUNDLE],
    ['every', everyTrigger()],
    ['allowlist', largeAllowlist()],
  ]) {
    // cold: nothing of the image is in memory; known: the image was judged by other bundles; warm: asked before.
    await measure(`evaluate-${which}-cold`, 30, bundle, () => evaluator(contentCaches(), false));
    await measure(`evaluate-${which}-known`, 50, bundle, () => evaluator(shared, false));
    const cached = evaluator(shared, true);
    await measure(`evaluate-${which}-warm`, 200, bundle, () => cached);
  }
  await close();
  return { results, peakRssMb: peakRssMb() };
}

const [name, options] = process.argv.slice(2);
const found = await { index, sizes, evaluate }[name](JSON.parse(options));
console.log(JSON.stringify(found));

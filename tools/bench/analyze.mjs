// Analysis of an image's layers against the floor (inflating them and taking the three digests with native tools) and
// against trivy, which looks for packages and secrets alone.
//   npm run bench -- analyze [OCI layout] [--size small|full|one-file|many-files|dpkg|large] [--rounds N] [--no-trivy]
// Without a layout: the sample image (small), or one that is made: of about 500 MB (full), of one file of 2 GiB, of 200 000
// files, of 400 000 files that dpkg owns, of 5 GB (large). `cold` reads the layers, `warm` merges stored inventories.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createReadStream, createWriteStream, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { pipeline } from 'node:stream/promises';
import { generateShape, SHAPES } from './analyze-shapes.mjs';
import { nativeSeconds } from './native-floor.mjs';
import { peakRssMb } from './peak-rss.mjs';
import { runTrivy } from './trivy-program.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '../..');
const READ = { highWaterMark: 256 * 1024 };
const { values, positionals } = parseArgs({
  options: {
    size: { type: 'string', default: 'small' },
    rounds: { type: 'string', default: '3' },
    trivy: { type: 'boolean', default: true },
    worker: { type: 'boolean', default: false },
  },
  allowPositionals: true,
  allowNegative: true,
});

/** Layer blobs of the layout's first image. */
function layersOf(layout) {
  const json = (digest) => JSON.parse(readFileSync(blobPath(layout, digest), 'utf8'));
  let manifest = json(JSON.parse(readFileSync(join(layout, 'index.json'), 'utf8')).manifests[0].digest);
  if (manifest.manifests) manifest = json(manifest.manifests[0].digest);
  const diffIds = json(manifest.config.digest).rootfs.diff_ids;
  return manifest.layers.map((layer, index) => ({
    ...layer,
    diffId: diffIds[index],
    path: blobPath(layout, layer.digest),
  }));
}

function blobPath(layout, digest) {
  return join(layout, 'blobs', ...digest.split(':'));
}

/**
 * Analyses everything as the analyzer does - layers in its threads, as many at a time as there are cores, then the merge -
 * and prints one JSON line; runs as a child, so that peak memory is its own.
 */
async function analyse(layout, storage) {
  const load = createRequire(import.meta.url);
  const analysis = load(join(root, 'libs/analysis/dist/index.js'));
  const { ThreadPool } = load(join(root, 'apps/analyzer/dist/threads/thread-pool.js'));
  const { analyseBlob } = load(join(root, 'apps/analyzer/dist/layers/analyse-blob.js'));
  const { DEFAULT_RULES: rules, DEFAULT_LIMITS: limits } = analysis;
  const pool = new ThreadPool();
  const { signal } = new AbortController();
  const started = performance.now();
  const layers = layersOf(layout).map(async ({ path, diffId, digest }, index) => {
    const stored = join(storage, String(index));
    const { inflatedBytes } = await analyseBlob(pool, {
      ...{ diffId, digest, rules, limits, signal },
      open: async () => createReadStream(path, READ),
      // A file, as with the object store: nobody holds all of the text.
      store: (text) => pipeline(text, createWriteStream(stored)),
    });
    return { inflatedBytes, stored };
  });
  const read = await Promise.all(layers);
  const layersDone = performance.now();
  const { entries, documentBytes } = await merge(analysis, read);
  const done = performance.now();
  const cold = {
    bytes: read.reduce((sum, layer) => sum + layer.inflatedBytes, 0),
    entries,
    documentBytes,
    layerSeconds: (layersDone - started) / 1000,
    seconds: (done - started) / 1000,
    peakRssMb: peakRssMb(),
  };
  const again = performance.now();
  await merge(analysis, read);
  console.log(JSON.stringify({ ...cold, warmSeconds: (performance.now() - again) / 1000 }));
  await pool.close();
}

/** Reads the stored inventories, merges them and makes the documents. */
async function merge(analysis, layers) {
  const version = analysis.analysisVersion(analysis.DEFAULT_RULES);
  const maxEntries = analysis.DEFAULT_LIMITS.entries;
  const inventories = [];
  for (const { stored } of layers) {
    inventories.push(await analysis.readInventory(createReadStream(stored, READ), { version, maxEntries }));
  }
  return documents(analysis, inventories);
}

/** Merges the layers and makes the documents. */
async function documents(analysis, inventories) {
  const image = analysis.squash(inventories);
  const made = analysis.buildDocuments(
    {
      imageId: '0'.repeat(64),
      digest: `sha256:${'0'.repeat(64)}`,
      fullTag: 'localhost/bench:1',
      architecture: 'amd64',
      layers: [],
      manifest: {},
      history: [],
    },
    image,
    { rules: analysis.DEFAULT_RULES },
  );
  let documentBytes = 0;
  for await (const chunk of made.analysisData()) documentBytes += chunk.length;
  for await (const chunk of made.imageContentData()) documentBytes += chunk.length;
  return { entries: image.entries.length, documentBytes };
}

/** The same bytes through native tools. */
function floor(layout) {
  return layersOf(layout).reduce((seconds, layer) => seconds + nativeSeconds(layer.path), 0);
}

async function worker(layout) {
  const child = spawn(process.execPath, [fileURLToPath(import.meta.url), '--worker', layout], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let output = '';
  child.stdout.on('data', (data) => (output += data));
  const [code] = await once(child, 'close');
  if (code !== 0) throw new Error(`analysis ended with exit code ${code}`);
  return JSON.parse(output);
}

async function main() {
  if (values.worker) {
    const storage = mkdtempSync(join(tmpdir(), 'kedge-inventories-'));
    return analyse(positionals[0], storage).finally(() => rmSync(storage, { recursive: true, force: true }));
  }
  const rounds = Math.max(1, Number(values.rounds) || 1);
  const sizes = ['small', ...Object.keys(SHAPES)];
  if (!sizes.includes(values.size)) throw new Error(`--size is one of ${sizes.join(', ')}, not ${values.size}`);
  let layout = positionals[0] ?? (values.size === 'small' ? join(root, 'samples/image') : undefined);
  const made = layout === undefined ? mkdtempSync(join(tmpdir(), 'kedge-bench-')) : undefined;
  try {
    if (made) {
      console.log(`Making ${SHAPES[values.size]} ...`);
      layout = await generateShape(made, values.size);
    }
    if (!existsSync(join(layout, 'index.json'))) throw new Error(`${layout} is no OCI layout: it has no index.json`);
    await warmPageCache(layout); // all sides read from it
    const runs = [];
    for (let round = 0; round < rounds; round += 1) {
      const ours = await worker(layout);
      const trivy = values.trivy ? await runTrivy(layout) : undefined;
      runs.push({ ours, floor: floor(layout), trivy });
    }
    report(positionals[0] ? 'given layout' : values.size, runs);
  } finally {
    if (made) rmSync(made, { recursive: true, force: true });
  }
}

async function warmPageCache(layout) {
  for (const layer of layersOf(layout)) {
    for await (const chunk of createReadStream(layer.path)) void chunk;
  }
}

/** The best round of each side, as text and as the JSON line. */
function report(image, runs) {
  const fastest = (sides) => sides.reduce((a, b) => (b.seconds < a.seconds ? b : a));
  const best = fastest(runs.map((run) => run.ours));
  const warmSeconds = Math.min(...runs.map((run) => run.ours.warmSeconds));
  const floorSeconds = Math.min(...runs.map((run) => run.floor));
  const trivy = runs[0].trivy && fastest(runs.map((run) => run.trivy));
  const megabytes = best.bytes / 1e6;
  const round2 = (value) => Math.round(value * 100) / 100;
  const data = { uncompressed_mb: round2(megabytes), paths: best.entries };
  const peak_rss_mb = Math.round(best.peakRssMb);
  console.log(`${megabytes.toFixed(1)} MB uncompressed, ${best.entries} paths, best of ${runs.length} runs`);
  console.log(
    `  cold        ${best.seconds.toFixed(2)} s (layers ${best.layerSeconds.toFixed(2)} s), ${(megabytes / best.seconds).toFixed(0)} MB/s, peak ${peak_rss_mb} MB`,
  );
  console.log(`  warm        ${warmSeconds.toFixed(2)} s`);
  console.log(`  floor       ${floorSeconds.toFixed(2)} s with zcat, sha1sum, sha256sum, md5sum`);
  const results = [
    {
      ...{ name: `${image} cold`, ...data, seconds: round2(best.seconds), floor_seconds: round2(floorSeconds) },
      ...{ ratio: round2(best.seconds / floorSeconds), peak_rss_mb, mb_per_s: Math.round(megabytes / best.seconds) },
    },
    {
      ...{ name: `${image} warm`, ...data, seconds: round2(warmSeconds), floor_seconds: round2(floorSeconds) },
      ratio: round2(warmSeconds / floorSeconds),
    },
  ];
  if (trivy) {
    const trivyPeak = Math.round(trivy.peakRssMb);
    console.log(`  trivy       ${trivy.seconds.toFixed(2)} s for packages and secrets, peak ${trivyPeak} MB`);
    results.push({
      ...{
        name: `${image} cold vs trivy`,
        ...data,
        seconds: round2(best.seconds),
        trivy_seconds: round2(trivy.seconds),
      },
      ...{ ratio: round2(best.seconds / trivy.seconds), peak_rss_mb, trivy_peak_rss_mb: trivyPeak },
    });
  }
  console.log(JSON.stringify({ bench: 'analyze', results }));
}

await main();

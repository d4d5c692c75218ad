// Analysis of an image's layers against the floor: inflating them and taking the three digests with native tools.
//   npm run bench -- analyze [OCI layout] [--size small|full]
// Without a layout: the sample image (small), or a generated one of about 500 MB (full).
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createReadStream, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { generateLayout } from './analyze-layout.mjs';
import { nativeSeconds } from './native-floor.mjs';
import { peakRssMb } from './peak-rss.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '../..');
const { values, positionals } = parseArgs({
  options: { size: { type: 'string', default: 'small' }, worker: { type: 'boolean', default: false } },
  allowPositionals: true,
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

/** Analyses everything in this process and prints one JSON line; runs as a child, so that peak memory is its own. */
async function analyse(layout) {
  const analysis = createRequire(import.meta.url)(join(root, 'libs/analysis/dist/index.js'));
  const started = performance.now();
  const inventories = [];
  let bytes = 0;
  for (const layer of layersOf(layout)) {
    const inventory = await analysis.analyzeLayer(createReadStream(layer.path, { highWaterMark: 256 * 1024 }), {
      compression: 'auto',
      expectedDiffId: layer.diffId,
      rules: analysis.DEFAULT_RULES,
      limits: analysis.DEFAULT_LIMITS,
    });
    bytes += inventory.inflatedBytes;
    inventories.push(inventory);
  }
  const layersDone = performance.now();
  const image = analysis.squash(inventories);
  const documents = analysis.buildDocuments(
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
  for await (const chunk of documents.analysisData()) documentBytes += chunk.length;
  for await (const chunk of documents.imageContentData()) documentBytes += chunk.length;
  const done = performance.now();
  const result = {
    bytes,
    entries: image.entries.length,
    documentBytes,
    layerSeconds: (layersDone - started) / 1000,
    seconds: (done - started) / 1000,
    peakRssMb: peakRssMb(),
  };
  console.log(JSON.stringify(result));
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
  if (values.worker) return analyse(positionals[0]);
  if (!['small', 'full'].includes(values.size)) throw new Error(`--size is small or full, not ${values.size}`);
  let layout = positionals[0] ?? (values.size === 'small' ? join(root, 'samples/image') : undefined);
  const made = layout === undefined ? mkdtempSync(join(tmpdir(), 'kedge-bench-')) : undefined;
  try {
    if (made) {
      console.log('Making a layout of about 500 MB ...');
      layout = await generateLayout(made);
    }
    if (!existsSync(join(layout, 'index.json'))) throw new Error(`${layout} is no OCI layout: it has no index.json`);
    for (const layer of layersOf(layout)) readFileSync(layer.path); // both sides read from the page cache
    const runs = [];
    for (let round = 0; round < 3; round += 1) runs.push({ ours: await worker(layout), floor: floor(layout) });
    const best = runs.map((run) => run.ours).reduce((a, b) => (b.seconds < a.seconds ? b : a));
    const floorSeconds = Math.min(...runs.map((run) => run.floor));
    const megabytes = best.bytes / 1e6;
    const round2 = (value) => Math.round(value * 100) / 100;
    console.log(`${megabytes.toFixed(1)} MB uncompressed, ${best.entries} paths, best of ${runs.length} runs`);
    console.log(
      `  analysis    ${best.seconds.toFixed(2)} s (layers ${best.layerSeconds.toFixed(2)} s), ${(megabytes / best.seconds).toFixed(0)} MB/s, peak ${best.peakRssMb.toFixed(0)} MB`,
    );
    console.log(`  floor       ${floorSeconds.toFixed(2)} s with zcat, sha1sum, sha256sum, md5sum`);
    const result = {
      name: positionals[0] ? 'given layout' : values.size,
      uncompressed_mb: round2(megabytes),
      paths: best.entries,
      seconds: round2(best.seconds),
      floor_seconds: round2(floorSeconds),
      ratio: round2(best.seconds / floorSeconds),
      peak_rss_mb: Math.round(best.peakRssMb),
      mb_per_s: Math.round(megabytes / best.seconds),
    };
    console.log(JSON.stringify({ bench: 'analyze', results: [result] }));
  } finally {
    if (made) rmSync(made, { recursive: true, force: true });
  }
}

await main();

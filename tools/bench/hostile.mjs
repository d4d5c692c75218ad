// Layers made to harm, at their full size: how soon and at what price each is refused, or read where the limits are raised.
//   npm run bench -- hostile [name ...]
// Nothing is written to disk: the layers are made while they are read. Each case runs in a process of its own.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { tarHeader } from './analyze-layout.mjs';
import { peakRssMb } from './peak-rss.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '../..');
const GB = 1e9;
const MiB = 1024 * 1024;
const NEVER = Number.MAX_SAFE_INTEGER;

/** A name, the layer's bytes, limits other than the default ones, and what the analysis must say. */
const CASES = {
  'zeros-gzip': { blob: () => zeros(10 * GB, gzipSync), outcome: 'compression_ratio_limit' },
  'zeros-zstd': { blob: () => zeros(10 * GB, zstdCompressSync), outcome: 'compression_ratio_limit' },
  'zeros-gzip-inflated-limit': {
    blob: () => zeros(10 * GB, gzipSync),
    limits: { compressionRatio: NEVER, inflatedBytes: 1 * GB },
    outcome: 'inflated_bytes_limit',
  },
  'zeros-gzip-read': { blob: () => zeros(10 * GB, gzipSync), limits: { compressionRatio: NEVER }, outcome: 'read' },
  'empty-entries': {
    blob: () => emptyEntries(5_000_000),
    limits: { compressionRatio: NEVER },
    outcome: 'entries_limit',
  },
  'empty-entries-read': {
    blob: () => emptyEntries(5_000_000),
    limits: { compressionRatio: NEVER, entries: 6_000_000 },
    outcome: 'read',
  },
};

/** A layer with one file of zeros; gzip members and zstd frames may stand one after the other. */
function* zeros(bytes, pack) {
  const piece = 16 * MiB;
  const packed = pack(Buffer.alloc(piece));
  yield pack(tarHeader('zeros', Math.ceil(bytes / piece) * piece));
  for (let at = 0; at < bytes; at += piece) yield packed;
  yield pack(Buffer.alloc(1024));
}

/** A layer of empty files, a thousand a folder. */
function* emptyEntries(count) {
  for (let at = 0; at < count; at += 1000) {
    const entries = Array.from({ length: 1000 }, (_, index) => tarHeader(`folder-${at / 1000}/file-${index}`, 0));
    yield gzipSync(Buffer.concat(entries), { level: 1 });
  }
  yield gzipSync(Buffer.alloc(1024));
}

async function run(name) {
  const analysis = createRequire(import.meta.url)(join(root, 'libs/analysis/dist/index.js'));
  const { blob, limits } = CASES[name];
  let readBytes = 0;
  const counted = (function* () {
    for (const piece of blob()) {
      readBytes += piece.length;
      yield piece;
    }
  })();
  const started = performance.now();
  const options = {
    compression: 'auto',
    rules: analysis.DEFAULT_RULES,
    limits: { ...analysis.DEFAULT_LIMITS, ...limits },
  };
  const outcome = await analysis.analyzeLayer(Readable.from(counted, { objectMode: false }), options).then(
    () => 'read',
    (error) => error.code ?? String(error),
  );
  const seconds = (performance.now() - started) / 1000;
  console.log(JSON.stringify({ outcome, seconds, readBytes, peakRssMb: peakRssMb() }));
}

async function main() {
  const [first, ...names] = process.argv.slice(2);
  if (first === '--worker') return run(names[0]);
  const wanted = first === undefined ? Object.keys(CASES) : [first, ...names];
  const results = [];
  for (const name of wanted) {
    if (!CASES[name]) throw new Error(`there is no case ${name}; there are ${Object.keys(CASES).join(', ')}`);
    const program = [fileURLToPath(import.meta.url), '--worker', name];
    const child = spawn(process.execPath, program, { stdio: ['ignore', 'pipe', 'inherit'] });
    let output = '';
    child.stdout.on('data', (data) => (output += data));
    const [code] = await once(child, 'close');
    if (code !== 0) throw new Error(`${name} ended with exit code ${code}`);
    const { outcome, seconds, readBytes, peakRssMb: peak } = JSON.parse(output);
    if (outcome !== CASES[name].outcome) throw new Error(`${name}: ${outcome}, expected ${CASES[name].outcome}`);
    console.log(
      `  ${name.padEnd(26)} ${outcome.padEnd(24)} ${seconds.toFixed(2)} s, ${(readBytes / 1e6).toFixed(1)} MB read, peak ${peak.toFixed(0)} MB`,
    );
    results.push({
      name,
      outcome,
      seconds: Math.round(seconds * 100) / 100,
      read_mb: Math.round(readBytes / 1e5) / 10,
      peak_rss_mb: Math.round(peak),
    });
  }
  console.log(JSON.stringify({ bench: 'hostile', results }));
}

await main();

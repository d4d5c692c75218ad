// The policy engine: indexing an image and the bytes that takes, against a table with a row for every packaged file; and
// the time to evaluate bundles.
//   npm run bench -- policy [--size small|full]
// small: a root of 40,000 packaged files; full: one of 400,000, and the root of this machine if dpkg made it.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, createWriteStream, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { applicationLayer, debianRoot, syntheticRoot } from './policy-roots.mjs';

const require = createRequire(new URL('../../apps/policy-engine/package.json', import.meta.url));
const { values } = parseArgs({ options: { size: { type: 'string', default: 'small' } } });

/** Writes the `analysis_data` of an image of these layers, as the analyzer does. */
async function writeDocument(file, layers) {
  const { buildDocuments, DEFAULT_RULES, squash } = require('@kedge/analysis');
  const facts = {
    ...{
      imageId: '0'.repeat(64),
      digest: `sha256:${'0'.repeat(64)}`,
      fullTag: 'localhost/bench:1',
      architecture: 'amd64',
    },
    ...{ layers: layers.map(({ diffId }) => diffId), manifest: {}, history: [] },
  };
  const documents = buildDocuments(facts, squash(layers), { rules: DEFAULT_RULES });
  await pipeline(documents.analysisData(), createWriteStream(file));
}

/** Runs a step in a process of its own, so that its peak memory is its own; answers what the step found. */
async function step(name, options) {
  const worker = fileURLToPath(new URL('policy-worker.mjs', import.meta.url));
  const child = spawn(process.execPath, [worker, name, JSON.stringify(options)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let output = '';
  child.stdout.on('data', (data) => (output += data));
  const [code] = await once(child, 'close');
  if (code !== 0) throw new Error(`step ${name} ended with exit code ${code}`);
  return JSON.parse(output);
}

const round = (value, digits = 2) => Number(value.toFixed(digits));
const megabytes = (bytes) => round(bytes / 1e6);

async function benchRoot(label, documents, place, results) {
  console.log(`${label}:`);
  const { ours, floor, packagedFloor, ...found } = await step('index', { ...place, document: documents.base });
  if (found.rows === 0) throw new Error(`${label}: no packages were found, so there is nothing to measure`);
  results.push({
    ...{
      name: 'index',
      root: label,
      document_mb: megabytes(found.documentBytes),
      rows: found.rows,
      files: found.files,
    },
    ...{
      seconds: round(ours.seconds),
      floor_seconds: round(floor.seconds),
      ratio: round(ours.seconds / floor.seconds),
      packaged_floor_seconds: round(packagedFloor.seconds),
      packaged_ratio: round(ours.seconds / packagedFloor.seconds),
    },
    ...{ rows_per_s: Math.round(found.rows / ours.seconds), peak_rss_mb: Math.round(found.peakRssMb) },
    ...{ wal_mb: megabytes(ours.walBytes), floor_wal_mb: megabytes(floor.walBytes) },
  });
  console.log(
    `  index       ${found.rows} packaged files of ${found.packages} packages, ${found.files} files, document of ${megabytes(found.documentBytes)} MB; best of 5\n` +
      `              ${ours.seconds.toFixed(2)} s, ${Math.round(found.rows / ours.seconds)} rows/s, WAL ${megabytes(ours.walBytes)} MB, peak ${Math.round(found.peakRssMb)} MB\n` +
      `  floor       ${floor.seconds.toFixed(2)} s, WAL ${megabytes(floor.walBytes)} MB: COPY of the same into a row each, packaged files and files; ratio ${round(ours.seconds / floor.seconds)}\n` +
      `              ${packagedFloor.seconds.toFixed(2)} s for the packaged files alone; ratio ${round(ours.seconds / packagedFloor.seconds)}`,
  );

  const sizes = await step('sizes', { ...place, documents });
  for (const [name, bytes, floorBytes, of] of [
    ['packages-db-first', sizes.first, sizes.classic, 'of a row for every file'],
    ['packages-db-repeat', sizes.repeat, sizes.first, 'of the first: same base, other application, mean of several'],
    ['packages-db-half', sizes.half, sizes.first, 'of the first: half of the packages in another version'],
    ['index-first', sizes.indexFirst, sizes.classic, 'of a row for every file: all tables of the policy engine'],
    ['index-repeat', sizes.indexRepeat, sizes.indexFirst, 'of the first'],
  ]) {
    if (bytes === undefined) continue;
    const ratio = round(bytes / floorBytes, 4);
    results.push({ name, root: label, mb: round(bytes / 1e6, 3), floor_mb: round(floorBytes / 1e6, 3), ratio });
    console.log(`  ${name.padEnd(19)} ${(bytes / 1e6).toFixed(3)} MB, ${(ratio * 100).toFixed(1)} % ${of}`);
  }

  const evaluations = await step('evaluate', { ...place, document: documents.base });
  for (const { name, ...found } of evaluations.results) {
    results.push({ name, root: label, ...found, peak_rss_mb: Math.round(evaluations.peakRssMb) });
    console.log(
      `  ${name.padEnd(19)} median ${found.median_ms} ms, p99 ${found.p99_ms} ms, ${found.rows} findings, longest turn ${found.longest_turn_ms} ms`,
    );
  }
}

async function main() {
  if (!['small', 'full'].includes(values.size)) throw new Error(`--size is small or full, not ${values.size}`);
  const { EmbeddedPostgres } = require('@kedge/database');
  const folder = mkdtempSync(join(tmpdir(), 'kedge-bench-'));
  chmodSync(folder, 0o755); // root's PostgreSQL runs as nobody
  let server;
  try {
    const files = values.size === 'full' ? 400_000 : 40_000;
    const roots = [[`${files} files`, syntheticRoot(files), syntheticRoot(files, { changed: 50 })]];
    if (values.size === 'full' && existsSync('/var/lib/dpkg/status'))
      roots.push(['this machine', debianRoot(), undefined]);
    server = await EmbeddedPostgres.start({ directory: join(folder, 'pg') });
    const results = [];
    for (const [label, base, half] of roots) {
      const documents = { base: join(folder, 'base.json'), repeats: [], half: half && join(folder, 'half.json') };
      await writeDocument(documents.base, [base]);
      if (half) await writeDocument(documents.half, [half]);
      for (let number = 0; number < (values.size === 'full' ? 2 : 10); number += 1) {
        documents.repeats.push(join(folder, `repeat-${number}.json`));
        await writeDocument(documents.repeats.at(-1), [base, applicationLayer(number)]);
      }
      await benchRoot(label, documents, { url: server.url, folder }, results);
    }
    console.log(JSON.stringify({ bench: 'policy', results }));
  } finally {
    await server?.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

await main();

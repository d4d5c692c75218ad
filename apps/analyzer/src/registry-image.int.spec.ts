import {
  buildLayout,
  pushLayout,
  pushSchema1,
  startRegistry,
  type ImageSpec,
  type RegistryServer,
} from '@kedge/registry/testing';
import type { RunningService } from '@kedge/service';
import { createHash, randomBytes } from 'node:crypto';
import { spawn } from 'node:child_process';
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { AnalyzerHarness, metric, RUN_SOURCES } from './testing/analyzer-harness.js';
import { startRegistryProxy, type RegistryProxy } from './testing/registry-proxy.js';

const CACHE = 'layer_cache_enable: true\nlayer_cache_max_gigabytes: 1\nmax_threads: 2';
const noise = (bytes: number) => randomBytes(bytes).toString('base64');

let registry: RegistryServer;
let proxy: RegistryProxy;
let harness: AnalyzerHarness;
let service: RunningService;

beforeAll(async () => {
  registry = await startRegistry();
  proxy = await startRegistryProxy(registry.host);
  harness = await AnalyzerHarness.create();
  service = await harness.start({ analyzer: CACHE });
}, 200_000);
afterAll(async () => {
  await harness.close();
  await proxy.close();
  await registry.stop();
});
beforeEach(() => {
  proxy.release();
  proxy.blobs.length = 0;
});

/** Pushes an image and adds it as the catalog does, by way of the proxy. */
async function push(name: string, spec: ImageSpec | ((folder: string) => Promise<unknown>)) {
  const folder = join(harness.directory, 'layouts', name);
  await mkdir(folder, { recursive: true });
  const built = await buildLayout(folder, typeof spec === 'function' ? { layers: [] } : spec);
  if (typeof spec === 'function') await spec(folder);
  await pushLayout(folder, registry.host, `team/${name}:1`);
  const digest = await harness.addImage(`${proxy.host}/team/${name}:1`);
  proxy.blobs.length = 0; // those of adding
  return { ...built, digest, layers: built.layers.map((layer) => layer.digest) };
}

/** Where the registry keeps a blob. */
function stored(digest: string): string {
  const hex = digest.slice('sha256:'.length);
  return join(registry.dataDirectory, 'docker/registry/v2/blobs/sha256', hex.slice(0, 2), hex, 'data');
}

const layerReads = (layers: string[]) => proxy.blobs.filter((digest) => layers.includes(digest));
const failedEvents = async (tag: string) =>
  (await harness.events('user.image.analysis.failed')).filter(({ resource_id: id }) => id === tag);
const base = [{ name: 'usr/base', content: noise(300_000) }];

it('reads each layer once, whoever shares it, and keeps its blob for later', async () => {
  const first = await push('first', { layers: [base, [{ name: 'own', content: noise(1000) }]] });
  const second = await push('second', { layers: [base, [{ name: 'own', content: noise(1000) }]] });
  await Promise.all([harness.send(first.digest), harness.send(second.digest)]);
  await Promise.all([first, second].map(({ digest }) => harness.finished(digest)));
  const layers = [...new Set([...first.layers, ...second.layers])];
  expect(layerReads(layers).sort()).toEqual(layers.sort()); // three, each once

  proxy.blobs.length = 0;
  const third = await push('third', { layers: [base] });
  expect(await harness.analyse(third.digest)).toMatchObject({ analysis_status: 'analyzing', layer_count: 1 });
  expect(layerReads(third.layers)).toEqual([]);

  // Without its inventory the layer is read again, from the cache.
  const store = service.context.stores.objectStore;
  for await (const key of store.listKeys('kedge-system', 'layer_inventories')) {
    await store.delete({ account: 'kedge-system', bucket: 'layer_inventories', key });
  }
  await harness.database.sql.query(`DELETE FROM kedge_jobs.job WHERE name = 'index-image'`);
  await harness.analyse(first.digest);
  expect(layerReads(first.layers)).toEqual([]);
  expect(await metric(service, 'kedge_layer_cache_hits_total')).toBe(2);
});

it('analyses images of Docker schema 1, whose diff ids are learned from the blobs and then known', async () => {
  const steps = (own: string) => [
    { created_by: '/bin/sh -c #(nop) ADD file:1 in /' },
    { created_by: '/bin/sh -c #(nop)  ENV A=1', empty_layer: true },
    { created_by: own },
  ];
  const old = async (name: string) => {
    const own = [{ name: `usr/${name}`, content: noise(1000) }];
    const history = steps(`make ${name}`).map((step) => ({ created: '2016-01-01T00:00:00Z', ...step }));
    const config = { history, container_config: { Cmd: [`make ${name}`] }, architecture: 'arm64' };
    const image = await push(name, { docker: true, layers: [[...base, { name: 'old' }], own], config });
    const { digest } = await pushSchema1(registry.url, `team/${name}`, { from: '1', to: 'old' });
    expect(await harness.addImage(`${proxy.host}/team/${name}:old`)).toBe(digest);
    proxy.blobs.length = 0; // those of adding
    return { layers: image.layers, digest };
  };
  const first = await old('old-one');
  const row = await harness.analyse(first.digest);
  expect(row).toMatchObject({ analysis_status: 'analyzing', arch: 'arm64', layer_count: 2 });
  expect(layerReads(first.layers).sort()).toEqual([...new Set(first.layers)].sort());
  const store = service.context.stores.objectStore;
  const content = await harness.document<Record<string, unknown>>(store, 'image_content_data', first.digest);
  expect(JSON.stringify(content)).toContain('"/usr/old-one"');
  const dockerfile = await harness.database.sql.query<{ dockerfile: string }>(
    'SELECT dockerfile FROM catalog_image_docker WHERE digest = $1',
    [first.digest],
  );
  expect(Buffer.from(dockerfile[0]?.dockerfile ?? '', 'base64').toString()).toBe(
    'FROM scratch\nADD file:1 in /\nENV A=1\nRUN make old-one',
  );

  const second = await old('old-two');
  await harness.analyse(second.digest);
  expect(layerReads(second.layers)).toEqual([second.layers[1]]);
});

it('says that a layer is damaged at the registry, and does not try again', async () => {
  const image = await push('damaged', { layers: [[{ name: 'big', content: noise(200_000) }]] });
  const [layer = ''] = image.layers;
  const bytes = await readFile(stored(layer));
  bytes[100_000] = (bytes[100_000] ?? 0) ^ 0xff; // inflating fails here, long before the digest is known
  await writeFile(stored(layer), bytes);
  const row = await harness.analyse(image.digest);
  expect(row).toMatchObject({
    analysis_status: 'analysis_failed',
    analysis_error: expect.stringMatching(
      new RegExp(`^image ${proxy.host}/team/damaged:1: blob ${layer} is damaged: its bytes have sha256:`),
    ),
  });
  expect(layerReads(image.layers)).toHaveLength(1);
  expect(await readdir(join(harness.tmpDir, 'anchore_layercache/sha256'))).not.toContain(layer.slice(7));
});

it('says that a layer was pushed broken, and removes no good blob', async () => {
  let layer = '';
  let diffId = '';
  const image = await push('truncated', async (folder) => {
    const built = await buildLayout(folder, { layers: [[{ name: 'big', content: noise(200_000) }]] });
    [diffId = ''] = built.diffIds;
    const whole = await readFile(join(folder, 'blobs/sha256', built.layers[0]!.digest.slice(7)));
    layer = await replaceLayer(folder, built.digest, whole.subarray(0, 100_000));
  });
  expect(await harness.analyse(image.digest)).toMatchObject({
    analysis_status: 'analysis_failed',
    analysis_error: expect.stringMatching(`layer ${diffId}: the compressed data is damaged: it stops in the middle`),
  });
  expect(await readdir(join(harness.tmpDir, 'anchore_layercache/sha256'))).toContain(layer.slice(7));
});

it('tries again when the registry does not answer, says so meanwhile, and gives up with the reason', async () => {
  const digest = await harness.addRows('127.0.0.1:1/team/gone:1', { digest: `sha256:${'a'.repeat(64)}` });
  await harness.send(digest);
  const noted = await harness.eventually(async () => {
    const row = await harness.row(digest);
    return row?.analysis_error ? row : undefined;
  });
  expect(noted).toMatchObject({
    analysis_status: 'analyzing',
    analysis_error: expect.stringMatching(
      /attempt 1 failed and is repeated: image 127\.0\.0\.1:1\/team\/gone:1: cannot reach registry 127\.0\.0\.1:1/,
    ),
  });
  expect(await failedEvents('127.0.0.1:1/team/gone:1')).toEqual([]);
  const waiting = await harness.eventually(async () =>
    (await harness.jobs('analyze-image', digest)).find(({ state }) => state === 'retry'),
  );
  await harness.database.sql.query('UPDATE kedge_jobs.job SET retry_count = retry_limit WHERE id = $1', [
    waiting['id'],
  ]);
  await harness.send(digest); // due at once
  expect(await harness.finished(digest)).toMatchObject({
    analysis_status: 'analysis_failed',
    analysis_error: expect.stringMatching(/^image 127\.0\.0\.1:1\/team\/gone:1: cannot reach registry/),
  });
  expect(await failedEvents('127.0.0.1:1/team/gone:1')).toMatchObject([
    { level: 'error', details: expect.stringContaining('{"msg":"image 127.0.0.1:1/team/gone:1: cannot reach') },
  ]);
});

it('stops when the image is deleted meanwhile, and stores nothing', async () => {
  const image = await push('deleted', { layers: [[{ name: 'big', content: noise(2_000_000) }]] });
  proxy.stallAfter = 500_000;
  await harness.send(image.digest);
  await proxy.stalled();
  await harness.database.sql.query(`UPDATE catalog_image SET image_status = 'deleting' WHERE "imageDigest" = $1`, [
    image.digest,
  ]);
  await harness.eventually(async () =>
    (await harness.jobs('analyze-image', image.digest)).length === 0 ? true : undefined,
  );
  expect(await harness.row(image.digest)).toMatchObject({ analysis_status: 'analyzing', analysis_error: null });
  expect(await harness.jobs('index-image', image.digest)).toEqual([]);
  expect(await service.context.stores.objectStore.stat(harness.id('analysis_data', image.digest))).toBeUndefined();
  expect(await readdir(join(harness.tmpDir, 'anchore_layercache/sha256'))).not.toContain(image.layers[0]?.slice(7));
});

it('has the image of a killed analyzer finished by another one', async () => {
  const image = await push('killed', { layers: [base, [{ name: 'big', content: noise(2_000_000) }]] });
  await service.close();
  proxy.stallAfter = 500_000;
  const { file } = await harness.config({ analyzer: CACHE });
  const child = spawn(process.execPath, [...RUN_SOURCES.split(' '), join(__dirname, 'main.ts'), '--config', file], {
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  await harness.send(image.digest);
  await proxy.stalled();
  child.kill('SIGKILL');
  proxy.release();
  service = await harness.start({ analyzer: CACHE });
  expect(await harness.finished(image.digest)).toMatchObject({ analysis_status: 'analyzing', analysis_error: null });
  const { used, owners } = await cacheState();
  expect({ used, owners }).toEqual({ used: 0, owners: 1 });
});

async function cacheState() {
  const folder = join(harness.tmpDir, 'anchore_layercache/kedge/owners');
  const owners = await readdir(folder);
  const files = await Promise.all(owners.map((owner) => readdir(join(folder, owner))));
  return { owners: owners.length, used: files.flat().length };
}

/** Puts other bytes in the place of the only layer, with digests that are right all the way up; the layer's digest. */
async function replaceLayer(folder: string, manifestDigest: string, bytes: Buffer): Promise<string> {
  const digestOf = (content: Buffer) => `sha256:${createHash('sha256').update(content).digest('hex')}`;
  const blob = (digest: string) => join(folder, 'blobs/sha256', digest.slice(7));
  const manifest = JSON.parse(await readFile(blob(manifestDigest), 'utf8')) as { layers: Record<string, unknown>[] };
  const layer = digestOf(bytes);
  Object.assign(manifest.layers[0] ?? {}, { digest: layer, size: bytes.length });
  const text = Buffer.from(JSON.stringify(manifest));
  await writeFile(blob(layer), bytes);
  await writeFile(blob(digestOf(text)), text);
  await rm(blob(manifestDigest));
  const index = join(folder, 'index.json');
  const changed = (await readFile(index, 'utf8'))
    .replaceAll(manifestDigest, digestOf(text))
    .replace(/"size":\d+/, `"size":${text.length}`);
  await writeFile(index, changed);
  return layer;
}

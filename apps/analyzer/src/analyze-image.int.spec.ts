import { guessDockerfile, type FileInfo, type HistoryItem } from '@kedge/analysis';
import { buildLayout, type ImageSpec } from '@kedge/registry/testing';
import { mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { ObjectStore } from '@kedge/object-store';
import type { RunningService } from '@kedge/service';
import { AnalyzerHarness, metric } from './testing/analyzer-harness.js';

const SAMPLES = resolve(__dirname, '../../../samples');
const SAMPLE = `oci:${SAMPLES}/image`;

let harness: AnalyzerHarness;
let service: RunningService;
let store: ObjectStore;
const local = () => `local_image_directories: ['${SAMPLES}', '${harness.directory}/images']`;
beforeAll(async () => {
  harness = await AnalyzerHarness.create();
  service = await harness.start({ analyzer: local() });
  store = service.context.stores.objectStore;
});
afterAll(() => harness.close());

/** Writes an image and adds it; its location and digest. */
async function addLocal(name: string, spec: ImageSpec, options: { dockerfile?: string } = {}) {
  const folder = join(harness.directory, 'images', name);
  await mkdir(folder, { recursive: true });
  const built = await buildLayout(folder, spec);
  const location = `oci:${folder}`;
  return { ...built, folder, digest: await harness.addImage(location, { tag: `localbuild/${name}:1`, ...options }) };
}

interface ImageReport {
  dockerfile_mode: string;
  dockerfile_contents: string;
  docker_history: HistoryItem[];
  meta: { humanname: string; imageId: string };
}
interface Export {
  image: {
    imageId: string;
    imagedata: { analysis_report: Record<string, Record<string, { base: object }>>; image_report: ImageReport };
  };
}
interface Content {
  os: Record<string, { version: string }>;
  files: Record<string, FileInfo & { sha256: string }>;
}
interface Expected {
  manifestDigest: string;
  packages: Record<'os' | 'npm' | 'python', { name: string; version: string }[]>;
}

const tagRows = (digest: string) =>
  harness.database.sql.query<{ dockerfile: string }>(
    'SELECT dockerfile FROM catalog_image_docker WHERE "imageDigest" = $1',
    [digest],
  );

it('analyses a local image from its layers to its documents, and knows its layers the next time', async () => {
  const expected = JSON.parse(await readFile(join(SAMPLES, 'expected.json'), 'utf8')) as Expected;
  const digest = await harness.addImage(SAMPLE, { tag: 'localbuild/sample:1' });
  expect(digest).toBe(expected.manifestDigest);
  expect(await harness.analyse(digest)).toMatchObject({
    analysis_status: 'analyzing', // the policy engine finishes it
    analysis_error: null,
    distro: 'debian',
    distro_version: '12',
    layer_count: 4,
    arch: 'amd64',
    dockerfile_mode: 'Guessed',
    image_size: expect.stringMatching(/^\d{7,}$/),
  });

  const [{ image }] = await harness.document<[Export]>(store, 'analysis_data', digest);
  const { analysis_report: report, image_report: about } = image.imagedata;
  expect(Object.keys(report['package_list']?.['pkgs.allinfo']?.base ?? {})).toHaveLength(expected.packages.os.length);
  expect(about).toMatchObject({
    dockerfile_mode: 'Guessed',
    meta: { humanname: 'localbuild/sample:1', imageId: image.imageId },
  });
  const content = await harness.document<Content>(store, 'image_content_data', digest);
  for (const { name } of expected.packages.os) expect(content.os).toHaveProperty([name]);
  const lines = (await readFile(join(SAMPLES, 'expected-files.tsv'), 'utf8')).trim().split('\n');
  expect(Object.keys(content.files).length).toBeGreaterThan(lines.length / 2);

  const [tag] = await tagRows(digest);
  expect(Buffer.from(tag?.dockerfile ?? '', 'base64').toString()).toBe(guessDockerfile(about.docker_history));
  expect(await harness.jobs('index-image', digest)).toHaveLength(1);
  expect(await harness.events('user.image.analysis.completed')).toMatchObject([
    {
      resource_user_id: 'admin',
      resource_type: 'image_tag',
      resource_id: 'localbuild/sample:1',
      source_servicename: 'analyzer',
      source_hostid: 'test-host',
      level: 'info',
    },
  ]);
  expect(await readdir(harness.tmpDir)).toEqual([]); // no layer cache: not a byte on disk

  const layers = (from: string) => metric(service, 'kedge_analysis_layers_total', { from });
  expect([await layers('blob'), await layers('inventory')]).toEqual([4, 0]);
  await harness.database.sql.query(`DELETE FROM kedge_jobs.job WHERE name = 'index-image'`);
  expect(await harness.analyse(digest)).toMatchObject({ dockerfile_mode: 'Guessed' }); // a stored guess stays a guess
  expect([await layers('blob'), await layers('inventory')]).toEqual([4, 4]);
  expect(await harness.document(store, 'image_content_data', digest)).toEqual(content);
  expect(await metric(service, 'anchore_analysis_success_total')).toBe(2);
});

it('makes a damaged inventory again, also one that is not an inventory at all', async () => {
  const { digest } = await addLocal('damaged', {
    layers: [[{ name: 'a', content: 'A' }], [{ name: 'b', content: 'B' }]],
  });
  await harness.analyse(digest);
  const before = await harness.document<Content>(store, 'image_content_data', digest);
  const keys: string[] = [];
  for await (const key of store.listKeys('kedge-system', 'layer_inventories')) keys.push(key);
  for (const [index, key] of keys.entries()) {
    await store.put({ account: 'kedge-system', bucket: 'layer_inventories', key }, index % 2 ? 'rubbish' : '{"a":1}\n');
  }
  await harness.database.sql.query(`DELETE FROM kedge_jobs.job WHERE name = 'index-image'`);
  expect(await harness.analyse(digest)).toMatchObject({ analysis_status: 'analyzing', analysis_error: null });
  expect(await harness.document(store, 'image_content_data', digest)).toEqual(before);
});

it('takes the Dockerfile that the user gave', async () => {
  const dockerfile = 'FROM debian:12\nRUN true\n';
  const { digest } = await addLocal('given', { layers: [[{ name: 'f', content: 'x' }]] }, { dockerfile });
  expect(await harness.analyse(digest)).toMatchObject({ dockerfile_mode: 'Actual' });
  const [{ image }] = await harness.document<[Export]>(store, 'analysis_data', digest);
  expect(image.imagedata.image_report).toMatchObject({ dockerfile_mode: 'Actual', dockerfile_contents: dockerfile });
});

it('leaves the image to the new analysis that was asked for while its documents were stored', async () => {
  const { digest } = await addLocal('twice', { layers: [[{ name: 'f', content: 'twice' }]] });
  const { sql } = harness.database;
  // Force comes at the worst moment: with the first document.
  await sql.query(`
    CREATE FUNCTION ask_again() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
      UPDATE catalog_image SET analysis_status = 'not_analyzed', analysis_wanted = 1 WHERE "imageDigest" = NEW."archiveId";
      RETURN NEW;
    END $$`);
  await sql.query(`CREATE TRIGGER ask_again AFTER INSERT ON archive_metadata FOR EACH ROW
    WHEN (NEW.bucket = 'analysis_data') EXECUTE FUNCTION ask_again()`);
  await harness.send(digest);
  await harness.eventually(async () => ((await harness.jobs('analyze-image', digest)).length === 0 ? true : undefined));
  expect(await harness.row(digest)).toMatchObject({
    analysis_status: 'not_analyzed',
    analysis_wanted: 1,
    analysis_made: 0,
  });
  expect(await harness.jobs('index-image', digest)).toEqual([]);
  await sql.query('DROP TRIGGER ask_again ON archive_metadata; DROP FUNCTION ask_again()');
  expect(await harness.analyse(digest)).toMatchObject({ analysis_status: 'analyzing', analysis_made: 1 });
});

it('fails at once, with one line that says why, when another attempt cannot help', async () => {
  const secret = join(harness.directory, 'elsewhere');
  await mkdir(secret);
  await buildLayout(secret, { layers: [[{ name: 's', content: 's' }]] });
  const outside = await harness.addImage(`oci:${secret}`, { tag: 'localbuild/outside:1' });
  const { digest: changed, folder } = await addLocal('changed', { layers: [[{ name: 'c', content: '1' }]] });
  await buildLayout(folder, { layers: [[{ name: 'c', content: '2' }]] });
  const { digest: linked, folder: link } = await addLocal('linked', { layers: [[{ name: 'l', content: '1' }]] });
  await harness.database.sql.query('UPDATE catalog_image SET source_location = $2 WHERE "imageDigest" = $1', [
    linked,
    `oci:${link}-2`,
  ]);
  await symlink(secret, `${link}-2`);
  const missing = await harness.addRows(`oci:${harness.directory}/images/none`, { digest: `sha256:${'1'.repeat(64)}` });

  const reasons: Record<string, RegExp> = {
    [outside]: /elsewhere is not below a directory that local images may come from .*local_image_directories/,
    [changed]: /now holds the image sha256:[0-9a-f]{64}, not sha256:[0-9a-f]{64} which was added/,
    [linked]: /elsewhere is not below a directory/,
    [missing]: /images\/none/,
  };
  for (const [digest, reason] of Object.entries(reasons)) {
    const row = await harness.analyse(digest);
    expect(row).toMatchObject({ analysis_status: 'analysis_failed', analysis_error: expect.stringMatching(reason) });
    expect(row.analysis_error).not.toMatch(/\n|    at /);
    expect(await harness.jobs('index-image', digest)).toEqual([]);
    expect(await store.stat(harness.id('analysis_data', digest))).toBeUndefined();
  }
  expect(await harness.events('user.image.analysis.failed')).toHaveLength(4);
  expect(await metric(service, 'anchore_analysis_error_total')).toBe(4);
});

it('takes the packages of the hints file only when told to, and says how each analyzer went', async () => {
  const hints = {
    packages: [
      { type: 'npm', name: 'unseen', version: '1.2.3' },
      { type: 'npm', name: 'nameless' },
    ],
  };
  const layers = [[{ name: 'anchore_hints.json', content: JSON.stringify(hints) }]];
  const { digest } = await addLocal('hints', { layers });
  const report = async () => {
    await harness.analyse(digest);
    const [{ image }] = await harness.document<[Export]>(store, 'analysis_data', digest);
    await harness.database.sql.query(`DELETE FROM kedge_jobs.job WHERE name = 'index-image'`);
    return image.imagedata.analysis_report;
  };
  const without = await report();
  expect(without['package_list']).not.toHaveProperty(['pkgs.npms']);
  expect(without['analyzer_status']).toMatchObject({ hints: { status: 'skipped', reason: 'not enabled' } });

  await harness.stopAll();
  service = await harness.start({ analyzer: `${local()}\nenable_hints: true` });
  store = service.context.stores.objectStore;
  const { package_list: packages, analyzer_status: status } = await report();
  expect(Object.values(packages?.['pkgs.npms']?.base ?? {})).toMatchObject([{ name: 'unseen', versions: ['1.2.3'] }]);
  expect(status).toMatchObject({
    hints: { status: 'ok' },
    packages_dpkg: { status: 'ok' },
    malware: { status: 'skipped', reason: expect.stringMatching(/scanner/) },
    content_search: { status: 'skipped', reason: 'not configured' },
  });
  for (const one of Object.values(status ?? {})) expect(one).toHaveProperty('milliseconds', expect.any(Number));
});

it('stops at the time limit', async () => {
  await harness.stopAll();
  await harness.start({ analyzer: local(), more: 'image_analyze_timeout_seconds: 0.001' });
  const { digest } = await addLocal('slow', { layers: [[{ name: 'slow', content: 's'.repeat(5_000_000) }]] });
  expect(await harness.analyse(digest)).toMatchObject({
    analysis_status: 'analysis_failed',
    analysis_error: expect.stringMatching(/took longer than 0.001 s.*image_analyze_timeout_seconds/),
  });
});

it('does not start with a wrong analyzer_config.yaml, and takes an edit for the next image', async () => {
  await harness.stopAll();
  const config = await harness.config({ analyzer: local() });
  const file = join(config.service_dir ?? '', 'analyzer_config.yaml');
  await writeFile(file, "secret_search: { regexp_match: ['X=('], match_params: ['MAXFILESIZE=many'] }\n");
  await expect(harness.startWith(config)).rejects.toThrow(/regexp_match\.0[^]*match_params\.0/);

  await writeFile(file, "retrieve_files: { file_list: ['/etc/one'] }\n");
  store = (await harness.startWith(config)).context.stores.objectStore;
  const layers = [
    [
      { name: 'etc/one', content: '1' },
      { name: 'etc/two', content: '2' },
    ],
  ];
  const retrieved = async (digest: string) => {
    await harness.analyse(digest);
    const [{ image }] = await harness.document<[Export]>(store, 'analysis_data', digest);
    return image.imagedata.analysis_report['retrieve_files']?.['file_content.all']?.base;
  };
  const { digest } = await addLocal('edited', { layers });
  expect(await retrieved(digest)).toEqual({ '/etc/one': Buffer.from('1').toString('base64') });
  await writeFile(file, "retrieve_files: { file_list: ['/etc/two'] } # edited\n");
  await harness.database.sql.query(`DELETE FROM kedge_jobs.job WHERE name = 'index-image'`);
  expect(await retrieved(digest)).toEqual({ '/etc/two': Buffer.from('2').toString('base64') });
});

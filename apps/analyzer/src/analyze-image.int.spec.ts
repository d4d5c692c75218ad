import { readdir, readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { buildLayout } from '@kedge/registry/testing';
import { AnalyzerHarness, metric } from './testing/analyzer-harness.js';

const SAMPLES = resolve(__dirname, '../../../samples');
const SAMPLE = `oci:${SAMPLES}/image`;

let harness: AnalyzerHarness;
const local = () => `local_image_directories: ['${SAMPLES}', '${harness.directory}']`;
beforeAll(async () => (harness = await AnalyzerHarness.create()));
afterEach(() => harness.stopAll());
afterAll(() => harness.close());

interface Export {
  image: {
    imageId: string;
    imagedata: {
      analysis_report: { package_list: Record<string, { base: Record<string, unknown> }>; analyzer_status: object };
      image_report: { dockerfile_mode: string; meta: { humanname: string } };
    };
  };
}
interface Expected {
  image: { digest: string; layers: unknown[] };
  distro: { ID: string; VERSION_ID: string };
  dpkg: Record<string, unknown>[];
}

it('analyses a local image from its layers to its documents, without a byte on disk', async () => {
  const service = await harness.start({ analyzer: local() });
  const store = service.context.stores.objectStore;
  const digest = await harness.addImage(SAMPLE, { tag: 'localbuild/sample:1' });
  const row = await harness.analyse(digest);
  const expected = JSON.parse(await readFile(join(SAMPLES, 'expected.json'), 'utf8')) as Expected;
  console.log(JSON.stringify(expected).slice(0, 3000), row);
});

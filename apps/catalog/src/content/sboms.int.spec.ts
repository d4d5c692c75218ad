import { Spec, Validation } from '@cyclonedx/cyclonedx-library';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { analyzeSample, SAMPLE_LAYOUT } from '../testing/analyze-sample.js';
import { startCatalog, type TestCatalog } from '../testing/start-catalog.js';

const TAG = 'localbuild/sample:1';
const AUTHORIZATION = `Basic ${Buffer.from('admin:foobar').toString('base64')}`;

interface Expected {
  packages: Record<'os' | 'npm' | 'python' | 'java', { name: string; version: string }[]>;
}
const expected = JSON.parse(readFileSync(resolve(SAMPLE_LAYOUT, '../expected.json'), 'utf8')) as Expected;

let catalog: TestCatalog;
let digest: string;
beforeAll(async () => {
  catalog = await startCatalog(`    local_image_directories: ["${SAMPLE_LAYOUT}"]`);
  const body = { source: { local: { location: `oci:${SAMPLE_LAYOUT}`, tag: TAG } } };
  const { body: added } = await catalog.call('POST /v1/images', { body });
  digest = added[0].imageDigest;
});
afterAll(() => catalog.stop());

const fetchSbom = (form: string): Promise<Response> =>
  fetch(`${catalog.service.url}/v1/images/${digest}/sboms/${form}`, { headers: { authorization: AUTHORIZATION } });

it('has no bill of materials before the image is analysed', async () => {
  const { status, body } = await catalog.call(`GET /v1/images/${digest}/sboms/spdx`);
  expect([status, body.message]).toEqual([404, expect.stringContaining('analysis_status: not_analyzed')]);
});

describe('an analysed image', () => {
  beforeAll(() => analyzeSample(catalog.service.context, 'admin', TAG));

  it('has a CycloneDX document that the standard accepts', async () => {
    const answer = await fetchSbom('cyclonedx');
    expect(answer.headers.get('content-type')).toBe('application/vnd.cyclonedx+json; version=1.6');
    const written = await answer.text();
    expect(await new Validation.JsonStrictValidator(Spec.Version.v1dot6).validate(written)).toBeNull();
    const { metadata, components } = JSON.parse(written);
    expect(metadata.component).toMatchObject({ name: TAG, version: digest });
    const purls = components.map(({ purl = '' }: { purl?: string }) => purl.replace(/\?.*/, ''));
    for (const { name, version } of expected.packages.os) {
      expect(purls).toContain(`pkg:deb/debian/${name}@${version}`);
    }
    for (const { name, version } of expected.packages.npm) expect(purls).toContain(`pkg:npm/${name}@${version}`);
  });

  it('has an SPDX document that contains every package', async () => {
    const answer = await fetchSbom('spdx');
    expect(answer.headers.get('content-type')).toBe('application/spdx+json');
    const { spdxVersion, packages } = (await answer.json()) as { spdxVersion: string; packages: { name: string }[] };
    expect(spdxVersion).toBe('SPDX-2.3');
    const names = packages.map(({ name }) => name);
    for (const { name } of expected.packages.os) expect(names).toContain(name);
  });

  it('has a gzip file in the form of the old system', async () => {
    const answer = await fetchSbom('native');
    expect(answer.headers.get('content-type')).toBe('application/gzip');
    expect(answer.headers.get('content-disposition')).toBe(
      `attachment; filename="${digest.replace(':', '-')}.native.json.gz"`,
    );
    const document = JSON.parse(gunzipSync(Buffer.from(await answer.arrayBuffer())).toString());
    const debs = document.artifacts.filter(({ type }: { type: string }) => type === 'deb');
    expect(debs.map(({ name }: { name: string }) => name).sort()).toEqual(
      expected.packages.os.map(({ name }) => name).sort(),
    );
  });

  it('answers 404 for other forms and unknown images', async () => {
    expect((await catalog.call(`GET /v1/images/${digest}/sboms/other`)).status).toBe(404);
    expect((await catalog.call(`GET /v1/images/sha256:${'0'.repeat(64)}/sboms/spdx`)).status).toBe(404);
  });
});

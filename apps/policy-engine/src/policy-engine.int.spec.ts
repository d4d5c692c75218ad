import type { PolicyEvaluation } from '@kedge/policy';
import { expectedSample, analysisDocument, sampleLayers, setidPaths } from './testing/documents.js';
import { TestEngine } from './testing/engine.js';
import { bundle, outputs, SETUID, SSH_DENIED, VERIFY } from './testing/bundles.js';

const image = { account: 'acme', digest: `sha256:${'1'.repeat(64)}`, imageId: 'a'.repeat(64) };

describe('the policy engine', () => {
  let engine: TestEngine;
  let document: string;

  beforeAll(async () => {
    engine = await TestEngine.start();
    document = await analysisDocument(await sampleLayers(), image);
    await engine.addImage(image, document);
  });
  afterAll(() => engine.close());

  const images = `users/${image.account}/images`;
  const evaluate = async (policy: unknown, tag = 'localhost:5000/kedge-sample:1') =>
    (await engine.check<PolicyEvaluation>(image, policy, tag)).body;
  const failedOn = (name: string, path: string, status: string) =>
    `VERIFY check against package db for package '${name}' failed on entry '${path}' with status: '${status}'`;
  const verified = [
    failedOn('hostname', expectedSample.packagesVerify.missing[0] ?? '', 'missing'),
    failedOn('sensible-utils', expectedSample.packagesVerify.changed[0] ?? '', 'changed'),
  ];

  it('says what it knows of an image that is not indexed', async () => {
    expect(await engine.check({ ...image, digest: 'sha256:unknown' }, bundle())).toMatchObject({
      status: 404,
      body: { message: 'Image not found', httpcode: 404, detail: { error_codes: [] } },
    });
    expect(await engine.check(image, bundle())).toMatchObject({
      status: 404,
      body: { message: `Image ${image.digest} is not analyzed yet (analyzing)` },
    });
  });

  it('indexes the analysis and judges the image as other tools would', async () => {
    expect(await engine.index(image)).toEqual({ status: 'analyzed', error: null });
    const answer = await evaluate(bundle(VERIFY, SETUID));
    expect(answer).toMatchObject({ final_action: 'stop', evaluation_problems: [], user_id: 'acme' });
    const found = outputs(answer, image);
    expect(found.filter((output) => output.startsWith('VERIFY'))).toEqual(verified);
    const withBit = found.map((output) => /^SUID or SGID found set on file (\S+)\./.exec(output)?.[1]);
    expect(withBit.filter(Boolean)).toEqual(setidPaths());
    const { files, directories, symbolicLinks } = expectedSample.counts;
    const packages = Object.values(expectedSample.packages).flat();
    expect((await engine.call<object[]>('GET', images)).body).toMatchObject([
      {
        ...{ id: image.imageId, digest: image.digest, package_db_loaded: true },
        ...{ distro_name: expectedSample.distro.name, distro_version: expectedSample.distro.version },
        file_count: files + directories + symbolicLinks,
        package_count: packages.length,
      },
    ]);
  });

  it('filters verification by package, directory and kind', async () => {
    const only = async (...params: [string, string][]) => {
      const rule = { ...VERIFY, params: params.map(([name, value]) => ({ name, value })) };
      return outputs(await evaluate(bundle(rule)), image);
    };
    expect(await only(['only_packages', 'hostname,dash'])).toEqual(verified.slice(0, 1));
    expect(await only(['only_directories', '/usr/bin/sens,/usr/bin'])).toEqual(verified.slice(1));
    expect(await only(['check', 'missing'])).toEqual(verified.slice(0, 1));
    expect(await only(['only_packages', 'unknown'])).toEqual([]);
  });

  it('knows packages, secrets and kept files', async () => {
    expect(
      outputs(await evaluate(bundle(SSH_DENIED, { ...SSH_DENIED, params: [{ name: 'name', value: 'six' }] })), image),
    ).toEqual(['Package is blacklisted: six']);
    const artifacts = async (type: string) =>
      (
        await engine.call<{ path: string; b64_content: string; matches: { name: string }[] }[]>(
          'GET',
          `${images}/${image.imageId}/artifacts/${type}`,
        )
      ).body;
    const secrets = await artifacts('secret_search');
    const named = (name: string) => secrets.filter(({ matches }) => matches.some((match) => match.name === name));
    expect(named('PRIV_KEY').map(({ path }) => path)).toEqual(expectedSample.secrets.privateKey);
    expect(named('AWS_ACCESS_KEY').map(({ path }) => path)).toEqual(expectedSample.secrets.awsAccessKey);
    const [passwd] = await artifacts('retrieved_files');
    expect(passwd?.path).toBe('/etc/passwd');
    expect(Buffer.from(passwd?.b64_content ?? '', 'base64').toString()).toMatch(/^root:/);
    expect(await artifacts('file_content_search')).toEqual([]);
    const query = (parameters: string) => engine.call('GET', `users/acme/query/images/by_package?${parameters}`);
    expect((await query('name=dash&version=0.5.12-2&package_type=DPKG')).body).toEqual([
      {
        ...{ imageId: image.imageId, imageDigest: image.digest },
        packages: [{ name: 'dash', version: '0.5.12-2', type: 'dpkg' }],
      },
    ]);
    expect((await query('name=dash&version=1')).body).toEqual([]);
  });

  it('refuses strangers and wrong requests', async () => {
    const check = `${images}/${image.imageId}/check_inline`;
    for (const [method, path] of [
      ['POST', check],
      ['POST', 'validate_bundle'],
      ['GET', 'policy_spec'],
      ['GET', images],
      ['DELETE', `${images}/${image.imageId}`],
      ['POST', 'evaluation_cache/status'],
      ['GET', 'feeds'],
      ['GET', 'users'],
    ] as const) {
      expect(await engine.call(method, path, undefined, 'wrong')).toMatchObject({ status: 401 });
    }
    const bad = async (method: string, path: string, body?: unknown) => (await engine.call(method, path, body)).status;
    expect(await engine.call('POST', check, [])).toMatchObject({
      status: 400,
      body: { httpcode: 400, message: expect.stringContaining('must be a JSON object') as string },
    });
    expect(await bad('GET', `${images}/${image.imageId}/artifacts/malware`)).toBe(400);
    expect(await bad('GET', `${images}/unknown/artifacts/secret_search`)).toBe(404);
    expect(await bad('GET', `${images}?limit=0`)).toBe(400);
    expect(await bad('POST', 'evaluation_cache/status', { enabled: 'maybe' })).toBe(400);
    expect(await bad('GET', 'users/acme/query/images/by_package')).toBe(400);
    expect(await bad('PUT', 'feeds/nvd?enabled=true')).toBe(404);
    expect(await bad('POST', `users/other/images/${image.imageId}/check_inline`, bundle())).toBe(404);
  });

  it('describes gates, validates bundles and has no feeds', async () => {
    const spec = (await engine.call<{ name: string }[]>('GET', 'policy_spec')).body;
    expect(spec.map(({ name }) => name)).toEqual(expect.arrayContaining(['packages', 'files', 'dockerfile']));
    expect((await engine.call('POST', 'validate_bundle', bundle(VERIFY))).body).toEqual({
      valid: true,
      validation_details: [],
    });
    expect((await engine.call('POST', 'validate_bundle', bundle({ ...VERIFY, trigger: 'no' }))).body).toMatchObject({
      valid: false,
      validation_details: [{ problem_type: 'TriggerNotFoundError' }],
    });
    expect((await engine.call('GET', 'feeds')).body).toEqual([]);
    expect((await engine.call('POST', 'feeds?sync=true')).body).toEqual([]);
    expect((await engine.call('GET', `${images}/${image.imageId}/vulnerabilities`)).body).toMatchObject({
      results: [],
    });
  });

  it('notes why an analysis cannot be indexed, and indexes it when it is mended', async () => {
    await engine.putAnalysis(image, document.slice(0, -20));
    expect(await engine.index(image)).toMatchObject({
      status: 'analysis_failed',
      error: expect.stringContaining('the analysis document is no JSON: it ends in the middle') as string,
    });
    expect(outputs(await evaluate(bundle(VERIFY)), image)).toEqual(verified); // what was indexed before still stands
    await engine.context.stores.objectStore.delete({ account: 'acme', bucket: 'analysis_data', key: image.digest });
    expect((await engine.index(image)).error).toMatch(/no analysis of image sha256:1+; analyze it again/);
    await engine.putAnalysis(image, document);
    expect(await engine.index(image)).toEqual({ status: 'analyzed', error: null });
  });
});

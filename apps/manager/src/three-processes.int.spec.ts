import { pushLayout, startRegistry } from '@kedge/registry/testing';
import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { addRequest, analysed, gone, registerLoopbackRegistry, type ImageRecord } from './quickstart/image-job.js';
import { check, requireSameVerdict, VERIFY_BUNDLE } from './quickstart/verdict.js';
import { addDebianVulnerability } from './testing/add-vulnerability.js';
import { Deployment, runProgram, SAMPLE_DIRECTORY } from './testing/deployment.js';

const SAMPLE = join(SAMPLE_DIRECTORY, 'image');
const expected = JSON.parse(readFileSync(join(SAMPLE_DIRECTORY, 'expected.json'), 'utf8')) as {
  manifestDigest: string;
  packagesVerify: { changed: string[]; missing: string[] };
};
const DB = { compression: { enabled: true }, storage_driver: { name: 'db', config: {} } };

/** The sample image, pushed to a real registry and judged by three services in processes of their own. */
describe('three services as processes', () => {
  let deployment: Deployment;
  let registry: Awaited<ReturnType<typeof startRegistry>>;
  let config: string;
  beforeAll(async () => {
    [deployment, registry] = await Promise.all([Deployment.create(), startRegistry()]);
    config = await deployment.writeConfig('config.yaml', DB);
  }, 240_000);
  afterAll(async () => {
    await deployment.tearDown();
    await registry.stop();
  });

  it('refuse to start before the schema is there, and say what to run', async () => {
    const { code, stderr } = await runProgram('catalog', ['--config', config]);
    expect([code, stderr]).toEqual([2, expect.stringContaining('anchore-manager db upgrade')]);
    expect(stderr).not.toMatch(/^\s+at /m);
    const upgrade = ['db', '--db-connect', deployment.databaseUrl, 'upgrade', '--dontask'];
    expect(await deployment.manager(upgrade)).toMatchObject({ code: 0, stdout: expect.stringContaining('Upgraded') });
    expect(await deployment.manager(upgrade)).toMatchObject({ code: 0, stdout: 'The schema is up to date.\n' });
  });

  it('do the main job together: analyse, judge, archive, delete, restore', async () => {
    await deployment.startAll(config);
    await pushLayout(SAMPLE, registry.host, 'team/sample:1');
    const { api } = deployment;
    const reference = `${registry.host}/team/sample:1`;
    await registerLoopbackRegistry(api, reference);
    const [added] = await api.call<ImageRecord[]>('POST', '/images', addRequest(reference));
    expect(added).toMatchObject({ imageDigest: expected.manifestDigest, analysis_status: 'not_analyzed' });
    const image = await analysed(api, expected.manifestDigest);
    expect(image).toMatchObject({
      image_detail: [{ fulltag: reference }],
      image_content: { metadata: { distro: 'debian', distro_version: '12', layer_count: 4, arch: 'amd64' } },
    });

    await api.call('POST', '/policies', VERIFY_BUNDLE);
    const verdict = await check(api, image.imageDigest, reference, VERIFY_BUNDLE.id);
    expect(verdict).toMatchObject({ status: 'fail', finalAction: 'stop' });
    const altered = verdict.findings.filter(({ gate, trigger }) => gate === 'packages' && trigger === 'verify');
    const paths = [...expected.packagesVerify.changed, ...expected.packagesVerify.missing];
    expect(altered).toHaveLength(paths.length);
    for (const path of paths) expect(altered.some(({ message }) => message.includes(path))).toBe(true);

    const found = {
      image: {
        imageDigest: image.imageDigest,
        imageId: expect.stringMatching(/^[0-9a-f]{64}$/),
        analyzed_at: expect.stringMatching(/^20.*Z$/),
        tag_history: [expect.objectContaining({ fulltag: reference, repo: 'team/sample', tag: '1' })],
      },
      packages: [{ name: 'dash', version: '0.5.12-2', type: 'dpkg' }],
    };
    const all = { images: [found], page: '1', returned_count: 1, total_count: 1 };
    const none = { images: [], page: '1', returned_count: 0, total_count: 0 };
    const byPackage = (query: string) => api.call('GET', `/query/images/by_package?${query}`);
    expect(await byPackage('name=dash&package_type=DPKG&version=0.5.12-2&limit=1')).toEqual(all);
    expect(await byPackage('name=dash&limit=1&page=2')).toEqual({ ...all, images: [], page: '2', returned_count: 0 });
    expect(await byPackage('name=dash&version=0.5.11')).toEqual(none);
    await expect(byPackage('version=1')).rejects.toThrow(/answered 400.*'name'/s);

    const vulnerability = { id: 'CVE-2023-0001', name: 'dash', fix: '0.5.12-3', score: 9.8 };
    await addDebianVulnerability(deployment.databaseUrl, vulnerability);
    const vulnerable = {
      ...{ vuln: 'CVE-2023-0001', severity: 'High', url: 'https://security.example/CVE-2023-0001', fix: '0.5.12-3' },
      ...{ package: 'dash-0.5.12-2', package_name: 'dash', package_version: '0.5.12-2', package_type: 'dpkg' },
      ...{ package_cpe: 'None', package_cpe23: 'None', package_path: 'pkgdb' },
      ...{ feed: 'vulnerabilities', feed_group: 'debian:12', will_not_fix: false },
      nvd_data: [
        {
          id: 'CVE-2023-0001',
          cvss_v2: { base_score: -1, exploitability_score: -1, impact_score: -1 },
          cvss_v3: { base_score: 9.8, exploitability_score: -1, impact_score: 5.9 },
        },
      ],
      vendor_data: [],
    };
    const vuln = (name: string) => api.call('GET', `/images/${name}`);
    const of = (vulnerability_type: string, vulnerabilities: object[]) => ({
      ...{ imageDigest: image.imageDigest, vulnerability_type, vulnerabilities },
    });
    const byId = `by_id/${image.image_detail[0]?.imageId}`;
    for (const name of [image.imageDigest, byId]) {
      expect(await vuln(`${name}/vuln`)).toEqual(['os', 'non-os', 'all']);
      expect(await vuln(`${name}/vuln/all?vendor_only=True&force_refresh=true`)).toEqual(of('all', [vulnerable]));
      expect(await vuln(`${name}/vuln/os`)).toEqual(of('os', [vulnerable]));
      expect(await vuln(`${name}/vuln/non-os`)).toEqual(of('non-os', []));
      await expect(vuln(`${name}/vuln/some`)).rejects.toThrow(/answered 404.*os, non-os, all/s);
    }
    const { packages, ...known } = found;
    const has = packages.map((one) => ({ ...one, namespace: 'debian:12', severity: 'High' }));
    const byVulnerability = (query: string) => api.call('GET', `/query/images/by_vulnerability?${query}`);
    expect(await byVulnerability('vulnerability_id=CVE-2023-0001&severity=High&vendor_only=False')).toEqual({
      ...{ ...all, images: [{ ...known, vulnerable_packages: has }] },
    });
    expect(await byVulnerability('vulnerability_id=CVE-2023-0002')).toEqual(none);
    await expect(byVulnerability('vulnerability_id=CVE-2023-0001&severity=Bad')).rejects.toThrow(/answered 400.*High/s);
    await expect(byVulnerability('severity=High')).rejects.toThrow(/answered 400.*'vulnerability_id'/s);
    await expect(vuln(`sha256:${'0'.repeat(64)}/vuln/all`)).rejects.toThrow(/answered 404/);

    await api.call('POST', '/archives/images', [image.imageDigest]);
    await api.call('DELETE', `/images/${image.imageDigest}?force=true`);
    await gone(api, image.imageDigest);
    await api.call('POST', '/images', { source: { archive: { digest: image.imageDigest } } });
    await analysed(api, image.imageDigest);
    requireSameVerdict(verdict, await check(api, image.imageDigest, reference, VERIFY_BUNDLE.id));
  }, 180_000);

  it('take the same image from a local layout as the same digest under another tag', async () => {
    const { api } = deployment;
    await api.call('POST', '/images', addRequest(`oci:${SAMPLE}`));
    const image = await analysed(api, expected.manifestDigest);
    expect(image.image_detail.map(({ fulltag }) => fulltag).sort()).toEqual(
      [`${registry.host}/team/sample:1`, 'localbuild/kedge-sample:1'].sort(),
    );
  });

  it.each([
    ['an image that the registry does not have', () => `${registry.host}/team/none:1`, /none/],
    ['a registry that does not answer', () => '127.0.0.1:1/team/sample:1', /127\.0\.0\.1:1/],
    ['a location outside of the allowed folders', () => 'oci:/etc', /local_image_directories/],
  ])('answer %s with 400 and its name', async (_name, reference, message) => {
    const { api } = deployment;
    const failed = api.call('POST', '/images', addRequest(reference()));
    await expect(failed).rejects.toThrow(/answered 40[04]/);
    await expect(failed).rejects.toThrow(message);
  });

  it('are listed, and stop in order', async () => {
    const { stdout } = await deployment.manager(['--json', 'service', '--db-connect', deployment.databaseUrl, 'list']);
    const { services } = JSON.parse(stdout) as { services: { servicename: string; status: boolean }[] };
    expect(services.map(({ servicename, status }) => [servicename, status])).toEqual([
      ['analyzer', true],
      ['catalog', true],
      ['policy_engine', true],
    ]);
    expect(await deployment.stopAll()).toEqual([0, 0, 0]);
  });
});

describe('a service that cannot start', () => {
  let deployment: Deployment;
  beforeAll(async () => {
    deployment = await Deployment.create();
  }, 120_000);
  afterAll(() => deployment.tearDown());

  const line = async (app: 'catalog' | 'policy-engine' | 'analyzer', file: string, env: NodeJS.ProcessEnv = {}) => {
    const ended = await runProgram(app, ['--config', file], env);
    expect(ended.stderr).not.toMatch(/^\s+at /m);
    return ended;
  };

  it.each(['catalog', 'policy-engine', 'analyzer', 'objectstorage check', 'service start --all'] as const)(
    '%s names every fault of its configuration at once',
    async (program) => {
      const compression = { enabled: true, level: 20 };
      const s3 = {
        name: 's3',
        config: { bukcet: 'images', access_key: 'key-id', secret_key: 'hush-hush', retries: 99 },
      };
      const archive = { storage_driver: { name: 'localfs', config: { archive_data_dir: 'archive' } } };
      const storage = { compression, storage_driver: s3 };
      const file = await deployment.writeConfig('wrong.yaml', storage, { port: 'many', analysis_archive: archive });
      await writeFile(file, `host_name: '\${ANCHORE_NOT_SET}'\n${readFileSync(file, 'utf8')}`);
      const { code, stderr } = program.includes(' ')
        ? await deployment.manager([
            ...program.split(' '),
            ...(program.endsWith('check') ? [file] : ['--config', file]),
          ])
        : await line(program as 'catalog', file);
      expect(code).toBe(2);
      for (const fault of [
        'host_name: environment variable ANCHORE_NOT_SET is not set',
        'services.catalog.port: must be a port number (found "many")',
        'object_store.compression.level: must be a whole number, 1 to 19 for zstd (found 20)',
        'object_store.storage_driver.config.bucket: is required',
        'object_store.storage_driver.config.retries: must be a whole number from 0 to 20 (found 99)',
        'object_store.storage_driver.config.bukcet: is no key of driver s3',
        'analysis_archive.storage_driver.config.archive_data_dir: must be an absolute path (found "archive")',
      ]) {
        expect(stderr).toContain(fault);
      }
      expect(stderr).not.toContain('hush-hush');
    },
    60_000,
  );

  it('says that the database refuses the password, without showing it', async () => {
    const file = await deployment.writeConfig('refused.yaml', DB);
    const text = readFileSync(file, 'utf8').replaceAll(deployment.databasePassword, 'wrong-password-marker');
    await writeFile(file, text);
    const { code, stderr } = await line('catalog', file);
    expect([code, stderr]).toEqual([2, expect.stringContaining('wrong password')]);
    expect(stderr).not.toContain('wrong-password-marker');
  });

  it('says that the database is down', async () => {
    const file = await deployment.writeConfig('down.yaml', DB);
    await deployment.stopDatabase();
    const { code, stderr } = await line('policy-engine', file);
    expect([code, stderr]).toEqual([2, expect.stringContaining('is not reachable')]);
    expect(stderr).not.toContain(deployment.databasePassword);
  });
});

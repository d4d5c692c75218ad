import type { ImageVulnerabilityReport, VulnerableImage } from '@kedge/client';
import type { PolicyEvaluation } from '@kedge/policy';
import { bundle, outputs } from './testing/bundles.js';
import { analysisDocument, sampleLayers } from './testing/documents.js';
import { TestEngine } from './testing/engine.js';
import { addNvd, addVulnerabilities, syncGroup } from './testing/feed-rows.js';

/** Debian 12 with dash 0.5.12-2, hostname, sysvinit-utils of the source sysvinit; npm ms 2.1.3, Python six 1.16.0. */
const image = { account: 'acme', digest: `sha256:${'1'.repeat(64)}`, imageId: 'a'.repeat(64) };
const DAY = 86_400_000;
const daysAgo = (days: number) => new Date(Date.now() - days * DAY).toISOString();
const dayOf = (moment: string) => moment.slice(0, 10);

describe('feeds', () => {
  let engine: TestEngine;
  beforeAll(async () => {
    engine = await TestEngine.start();
    await engine.addImage(image, await analysisDocument(await sampleLayers(), image));
    await engine.index(image);
  });
  afterAll(() => engine.close());

  const rule = (check: string, params: Record<string, string> = {}) => {
    const [gate, trigger] = check.split('.');
    const list = Object.entries(params).map(([name, value]) => ({ name, value }));
    return { id: check, gate, trigger, action: 'STOP', params: list };
  };
  /** Messages of one rule; evaluations are cached as they are in service. */
  const found = async (check: string, params: Record<string, string> = {}, of = image) => {
    const evaluation = (await engine.check<PolicyEvaluation>(of, bundle(rule(check, params)))).body;
    expect(evaluation.evaluation_problems).toEqual([]);
    return outputs(evaluation, of);
  };
  const vulnerabilities = (params: Record<string, string> = {}, of = image) =>
    found('vulnerabilities.package', { package_type: 'all', severity_comparison: '>=', ...params }, of);
  const vulnerabilityReport = async (query = '') =>
    (await engine.call<ImageVulnerabilityReport>('GET', `users/acme/images/${image.imageId}/vulnerabilities${query}`))
      .body;
  const link = (id: string) => `(${id} - https://security.example/${id})`;
  const missing = (namespace: string) =>
    `Distro-specific feed data not found for distro namespace: ${namespace}. Cannot perform CVE scan OS/distro packages`;
  const stale = (days: number) => `The vulnerability feed for this image distro is older than MAXAGE (${days}) days`;
  const synced = daysAgo(3);
  const fixSeen = daysAgo(20);

  it('without data say so', async () => {
    expect(await vulnerabilities()).toEqual([]);
    expect(await found('vulnerabilities.vulnerability_data_unavailable')).toEqual([missing('debian:12')]);
    expect(await found('vulnerabilities.stale_feed_data', { max_days_since_sync: '5' })).toEqual([stale(5)]);
    expect(await found('vulnerabilities.blacklist', { vulnerability_ids: 'CVE-2023-0001' })).toEqual([]);
    for (const [gate, feed] of [
      ['npms', 'NPM packages are present but the anchore npm feed'],
      ['ruby_gems', 'Gem packages are present but the anchore gem feed'],
    ] as const) {
      expect(await found(`${gate}.feed_data_unavailable`)).toEqual([
        `${feed} is not available - will be unable to perform checks that require feed data`,
      ]);
    }
    expect(await found('npms.unknown_in_feeds')).toEqual([]);
    expect(await engine.count('image_package_vulnerabilities')).toBe(0);
  });

  it('that change make cached verdicts stale: every trigger answers from the new data', async () => {
    const { sql } = engine.database;
    const vendor = [
      { version: '3.1', base_metrics: { base_score: 8.1, exploitability_score: 2.8, impact_score: 5.2 } },
    ];
    await addVulnerabilities(sql, 'debian:12', [
      {
        ...{ id: 'CVE-2023-0001', severity: 'High', metadata: { CVSS: vendor } },
        fixedIn: [{ name: 'dash', version: '0.5.12-3', observedAt: fixSeen }],
      },
      { id: 'CVE-2023-0002', severity: 'Medium', fixedIn: [{ name: 'sysvinit', version: 'None', noAdvisory: true }] },
      { id: 'CVE-2023-0003', severity: 'Low', fixedIn: [{ name: 'dash', version: '0.5.12-2' }] },
      { id: 'CVE-2023-0004', severity: 'Unknown', fixedIn: [{ name: 'hostname', version: 'None' }] },
      { id: 'CVE-2023-0005', severity: 'Critical', fixedIn: [{ name: 'not-installed', version: 'None' }] },
    ]);
    await addVulnerabilities(sql, 'debian:11', [
      { id: 'CVE-2023-0006', severity: 'Critical', fixedIn: [{ name: 'dash', version: 'None' }] },
    ]);
    await addVulnerabilities(sql, 'github:npm', [
      {
        ...{ id: 'GHSA-0001', severity: 'Critical', metadata: { CVE: [{ Name: 'CVE-2023-1000' }] } },
        fixedIn: [{ name: 'ms', version: '>=2.0.0 <2.1.4', format: 'semver', patched: '2.1.4' }],
      },
      { id: 'GHSA-0002', severity: 'High', fixedIn: [{ name: 'ms', version: '<2.1.3', format: 'semver' }] },
      { id: 'GHSA-0003', severity: 'High', fixedIn: [{ name: 'six', version: '*', format: 'semver' }] },
    ]);
    await addNvd(sql, { id: 'CVE-2023-0001', severity: 'Critical', score: 9.8, products: [] });
    // The same as GHSA-0001, which knows more.
    await addNvd(sql, { id: 'CVE-2023-1000', severity: 'High', score: 7.5, products: [['ms', '2.1.3']] });
    const products: [string, string][] = [
      ['six', '1.16.0'],
      ['dash', '0.5.12-2'],
    ];
    await addNvd(sql, { id: 'CVE-2023-2000', severity: 'Medium', score: 5.3, products });
    await syncGroup(sql, 'vulnerabilities', 'debian:12', synced);
    await syncGroup(sql, 'vulnerabilities', 'debian:11', daysAgo(100));
    await syncGroup(sql, 'github', 'github:npm', synced);
    await syncGroup(sql, 'nvdv2', 'nvdv2:cves', synced);

    const dash = `HIGH Vulnerability found in os package type (dpkg) - dash (fixed in: 0.5.12-3)`;
    const ms = `CRITICAL Vulnerability found in non-os package type (npm) - /usr/local/lib/node_modules/ms/package.json (fixed in: 2.1.4)`;
    const six = `MEDIUM Vulnerability found in non-os package type (python) - `;
    expect(await vulnerabilities()).toEqual([
      `${dash}${link('CVE-2023-0001')}`,
      `UNKNOWN Vulnerability found in os package type (dpkg) - hostname ${link('CVE-2023-0004')}`,
      `${ms}${link('GHSA-0001')}`,
      expect.stringMatching(/^MEDIUM .*\(python\) - \S*six\S* \(CVE-2023-2000 - https:\/\/nvd\.example/),
    ]);
    expect((await vulnerabilities({ vendor_only: 'false' })).filter((text) => text.includes('sysvinit-utils'))).toEqual(
      [`MEDIUM Vulnerability found in os package type (dpkg) - sysvinit-utils ${link('CVE-2023-0002')}`],
    );
    expect(await vulnerabilities({ cvss_v3_base_score: '9.0' })).toEqual([
      `${dash}(cvss_v3_base_score=9.8)${link('CVE-2023-0001')}`,
    ]);
    expect(await vulnerabilities({ cvss_v3_impact_score: '5.9', package_type: 'non-os' })).toEqual([
      `${ms}(cvss_v3_impact_score=5.9)${link('GHSA-0001')}`,
      expect.stringContaining(six),
    ]);
    expect(await vulnerabilities({ vendor_cvss_v3_exploitability_score: '2.8' })).toEqual([
      `${dash}(vendor_cvss_v3_exploitability_score=2.8)${link('CVE-2023-0001')}`,
    ]);
    const old = { fix_available: 'true', package_type: 'os' };
    expect(await vulnerabilities({ ...old, max_days_since_fix: '19' })).toEqual([
      `${dash}(max_days_since_fix=${dayOf(fixSeen)})${link('CVE-2023-0001')}`,
    ]);
    expect(await vulnerabilities({ ...old, max_days_since_fix: '21' })).toEqual([]);
    const refused = { vulnerability_ids: 'CVE-2023-0005,CVE-2023-0004,CVE-2023-0002' };
    expect(await found('vulnerabilities.blacklist', refused)).toEqual([
      `Blacklisted vulnerabilities detected: ['CVE-2023-0004']`,
    ]);
    expect(await found('vulnerabilities.blacklist', { ...refused, vendor_only: 'false' })).toEqual([
      `Blacklisted vulnerabilities detected: ['CVE-2023-0004', 'CVE-2023-0002']`,
    ]);
    expect(await found('vulnerabilities.vulnerability_data_unavailable')).toEqual([]);
    expect(await found('vulnerabilities.stale_feed_data', { max_days_since_sync: '5' })).toEqual([]);
    expect(await found('vulnerabilities.stale_feed_data', { max_days_since_sync: '2' })).toEqual([stale(2)]);
  });

  it('are the source of a report with descriptions, scores and notices', async () => {
    const { sql } = engine.database;
    const notices = [{ ID: 'DSA-1', Link: 'https://dsa.example/1' }, { ID: 'DSA-2' }, 'none'];
    await sql.query(
      `UPDATE feed_data_vulnerabilities_fixed_artifacts SET fix_metadata = $1 WHERE vulnerability_id = 'CVE-2023-0001'`,
      [JSON.stringify({ VendorAdvisorySummary: notices })],
    );
    await sql.query(`UPDATE feed_data_vulnerabilities SET description = 'Text.' WHERE id = 'CVE-2023-0001'`);
    await sql.query(
      `UPDATE feed_data_nvdv2_vulnerabilities SET cvss_v2 = $1, description = 'NVD.' WHERE name = 'CVE-2023-0001'`,
      [JSON.stringify({ vector_string: 'AV:N', base_metrics: { base_score: '7.5' } })],
    );
    const report = await vulnerabilityReport();
    const now = expect.stringMatching(/^20.*Z$/);
    expect(report).toMatchObject({ account_id: 'acme', image_id: image.imageId, metadata: { generated_at: now } });
    const ids = (results: ImageVulnerabilityReport['results']) =>
      results.map(({ vulnerability }) => [vulnerability.vulnerability_id, vulnerability.feed]);
    expect(ids(report.results)).toEqual([
      ['CVE-2023-0001', 'vulnerabilities'],
      ['CVE-2023-0004', 'vulnerabilities'],
      ['GHSA-0001', 'github'],
      ['CVE-2023-2000', 'nvdv2'],
    ]);
    const v3 = { version: '3.1', vector: 'CVSS:3.1/AV:N', exploitability_score: 3.9, impact_score: 5.9 };
    const [dash, hostname, ms, six] = report.results;
    expect(dash).toEqual({
      vulnerability: {
        ...{ vulnerability_id: 'CVE-2023-0001', description: 'Text.', severity: 'High' },
        ...{ link: 'https://security.example/CVE-2023-0001', feed: 'vulnerabilities', feed_group: 'debian:12' },
        cvss: [{ version: '3.1', vector: null, base_score: 8.1, exploitability_score: 2.8, impact_score: 5.2 }],
      },
      artifact: { name: 'dash', version: '0.5.12-2', pkg_type: 'dpkg', location: 'pkgdb', cpe: null, cpes: [] },
      fix: {
        ...{ versions: ['0.5.12-3'], will_not_fix: false, observed_at: fixSeen },
        advisories: [
          { id: 'DSA-1', link: 'https://dsa.example/1' },
          { id: 'DSA-2', link: '' },
        ],
      },
      match: { detected_at: now },
      nvd: [
        {
          ...{ vulnerability_id: 'CVE-2023-0001', description: 'NVD.', severity: 'Critical' },
          link: 'https://nvd.example/CVE-2023-0001',
          cvss: [
            { version: '2.0', vector: 'AV:N', base_score: 7.5, exploitability_score: null, impact_score: null },
            { ...v3, base_score: 9.8 },
          ],
        },
      ],
    });
    expect(hostname?.fix).toEqual({ versions: [], will_not_fix: false, observed_at: null, advisories: [] });
    expect(ms?.nvd).toMatchObject([{ vulnerability_id: 'CVE-2023-1000', cvss: [{ base_score: 7.5 }] }]);
    expect(six?.vulnerability).toMatchObject({ feed_group: 'nvdv2:cves', cvss: [{ ...v3, base_score: 5.3 }] });

    const all = await vulnerabilityReport('?vendor_only=false&force_refresh=true');
    expect(all.results.filter(({ fix }) => fix.will_not_fix)).toMatchObject([
      { vulnerability: { vulnerability_id: 'CVE-2023-0002' }, artifact: { name: 'sysvinit-utils' } },
    ]);
    expect(all.results).toHaveLength(5);
    const path = (id: string) => `users/acme/images/${id}/vulnerabilities`;
    expect(await engine.call('GET', path('0'.repeat(64)))).toMatchObject({ status: 404 });
    expect(await engine.call('GET', `${path(image.imageId)}?vendor_only=maybe`)).toMatchObject({ status: 400 });
  });

  it('tell which images have a vulnerability, by whatever name a feed has the package', async () => {
    const by = async (query: string) =>
      (
        await engine.call<VulnerableImage[]>(
          'GET',
          `users/acme/query/images/by_vulnerability?vulnerability_id=${query}`,
        )
      ).body;
    const having = (name: string, version: string, type: string, namespace: string, severity: string) => [
      { imageId: image.imageId, imageDigest: image.digest, packages: [{ name, version, type, namespace, severity }] },
    ];
    const dash = having('dash', '0.5.12-2', 'dpkg', 'debian:12', 'High');
    expect(await by('CVE-2023-0001&namespace=debian:12&affected_package=dash&severity=High')).toEqual(dash);
    for (const other of ['namespace=debian:11', 'affected_package=hostname', 'severity=Low']) {
      expect(await by(`CVE-2023-0001&${other}`)).toEqual([]);
    }
    expect(await by('CVE-2023-0002')).toEqual([]);
    expect(await by('CVE-2023-0002&vendor_only=false')).toMatchObject([{ packages: [{ name: 'sysvinit-utils' }] }]);
    expect(await by('GHSA-0001')).toEqual(having('ms', '2.1.3', 'npm', 'github:npm', 'Critical'));
    expect(await by('CVE-2023-2000')).toEqual(having('six', '1.16.0', 'python', 'nvdv2:cves', 'Medium'));
    for (const none of ['CVE-2023-0003', 'CVE-2023-0005', 'CVE-2023-0006', 'CVE-1999-0001']) {
      expect(await by(none)).toEqual([]);
    }
    expect(await engine.call('GET', 'users/acme/query/images/by_vulnerability')).toMatchObject({ status: 400 });
    expect(
      (await engine.call('GET', 'users/other/query/images/by_vulnerability?vulnerability_id=CVE-2023-0001')).body,
    ).toEqual([]);
  });

  it('of other distributions leave verdicts as they are', async () => {
    const { sql } = engine.database;
    const verdicts = () => engine.count('policy_evaluation_cache');
    await vulnerabilities();
    const before = await verdicts();
    await syncGroup(sql, 'vulnerabilities', 'debian:11', daysAgo(1));
    await vulnerabilities();
    expect(await verdicts()).toBe(before);
    await syncGroup(sql, 'vulnerabilities', 'debian:12', daysAgo(2));
    await vulnerabilities();
    expect(await verdicts()).toBe(before + 1);
  });

  it('are remembered by when they showed a vulnerability first, also after the image was indexed again', async () => {
    const { sql } = engine.database;
    const params = { max_days_since_creation: '10', package_type: 'os', severity: 'high' };
    expect(await vulnerabilities(params)).toEqual([]);
    const seen = daysAgo(12);
    await sql.query('UPDATE image_package_vulnerabilities SET created_at = $1', [seen]);
    const rows = await engine.count('image_package_vulnerabilities');
    await engine.index(image);
    expect(await vulnerabilities(params)).toEqual([
      expect.stringContaining(`(max_days_since_creation=${dayOf(seen)})${link('CVE-2023-0001')}`),
    ]);
    expect(await engine.count('image_package_vulnerabilities')).toBe(rows);
    const [ends] = await sql.query<{ found: boolean }>(
      `SELECT bool_and(image IN (SELECT id FROM policy_image)) AS found FROM image_package_vulnerabilities`,
    );
    expect(ends).toEqual({ found: true });
  });

  it('tell which packages are official, and the latest', async () => {
    const { sql } = engine.database;
    await sql.query(
      `INSERT INTO feed_data_npm_packages (name, latest, versions_json) VALUES ('ms', '2.2.0', '["2.0.0", "2.2.0"]')`,
    );
    await sql.query(
      `INSERT INTO feed_data_gem_packages (name, latest, versions_json) VALUES ('rake', '13.1', '["13.0", "13.1"]')`,
    );
    await syncGroup(sql, 'packages', 'npm', synced);
    await syncGroup(sql, 'packages', 'gem', synced);
    expect(await found('npms.feed_data_unavailable')).toEqual([]);
    expect(await found('npms.newer_version_in_feed')).toEqual([
      'NPMNOTLATEST Package (ms) version (2.1.3) installed but is not the latest version (2.2.0)',
    ]);
    expect(await found('npms.version_not_in_feeds')).toEqual([
      `NPMBADVERSION Package (ms) version (2.1.3) installed but version is not in the official feed for this package (['2.0.0', '2.2.0'])`,
    ]);
    const gems = { account: 'acme', digest: `sha256:${'2'.repeat(64)}`, imageId: 'b'.repeat(64) };
    await engine.addImage(gems, document(gems, { distro: 'centos:7.9.2009', gems: { rake: '12.0', mine: '1' } }));
    await engine.index(gems);
    expect(await found('ruby_gems.newer_version_found_in_feed', {}, gems)).toEqual([
      'Package (rake) version (12.0) installed but is not the latest version (13.1)',
    ]);
    expect(await found('ruby_gems.not_found_in_feed', {}, gems)).toEqual([
      'GEMNOTOFFICIAL Package (mine) in container but not in official GEM feed.',
    ]);
    expect(await found('ruby_gems.version_not_found_in_feed', {}, gems)).toHaveLength(1);
  });

  it('are looked up by what the name of the distribution stands for', async () => {
    const { sql } = engine.database;
    const of = { account: 'acme', digest: `sha256:${'3'.repeat(64)}`, imageId: 'c'.repeat(64) };
    const os = { bash: { version: '4.2.46', release: '34.el7', type: 'rpm', sourcepkg: 'bash-4.2.46-34.el7.src.rpm' } };
    await engine.addImage(of, document(of, { distro: 'almalinux:7.9', os }));
    await engine.index(of);
    await addVulnerabilities(sql, 'rhel:7', [
      { id: 'CVE-2023-3000', severity: 'High', fixedIn: [{ name: 'bash', version: '0:4.2.46-35.el7', format: 'rpm' }] },
      { id: 'CVE-2023-3001', severity: 'High', fixedIn: [{ name: 'bash', version: '0:4.2.46-34.el7', format: 'rpm' }] },
    ]);
    await syncGroup(sql, 'vulnerabilities', 'rhel:7', synced);
    expect(await found('vulnerabilities.vulnerability_data_unavailable', {}, of)).toEqual([missing('almalinux:7.9')]);
    const mapping = { from_distro: 'almalinux', to_distro: 'rhel', flavor: 'RHEL' };
    expect(await engine.call('POST', 'distro_mappings', mapping)).toMatchObject({ status: 200, body: mapping });
    expect(await engine.call('POST', 'distro_mappings', mapping)).toMatchObject({
      status: 409,
      body: { message: 'distribution "almalinux" is mapped already; delete that mapping first' },
    });
    expect(await found('vulnerabilities.vulnerability_data_unavailable', {}, of)).toEqual([]);
    expect(await vulnerabilities({}, of)).toEqual([
      `HIGH Vulnerability found in os package type (rpm) - bash (fixed in: 0:4.2.46-35.el7)${link('CVE-2023-3000')}`,
    ]);
    expect((await engine.call<object[]>('GET', 'distro_mappings')).body).toHaveLength(13);
    expect(await engine.call('DELETE', 'distro_mappings?from_distro=almalinux')).toMatchObject({
      status: 200,
      body: mapping,
    });
    expect(await engine.call('DELETE', 'distro_mappings?from_distro=almalinux')).toMatchObject({ status: 404 });
    expect(await found('vulnerabilities.vulnerability_data_unavailable', {}, of)).toEqual([missing('almalinux:7.9')]);
    const bad = async (method: string, path: string, body?: unknown) => (await engine.call(method, path, body)).status;
    expect(await bad('POST', 'distro_mappings', { ...mapping, flavor: 'unknown' })).toBe(400);
    expect(await bad('POST', 'distro_mappings', { to_distro: 'rhel', flavor: 'RHEL' })).toBe(400);
    expect(await bad('DELETE', 'distro_mappings')).toBe(400);
    expect((await engine.call('GET', 'distro_mappings', undefined, 'wrong')).status).toBe(401);
  });

  it('of Alpine, which list only what was mended, are filled up by NVD', async () => {
    const { sql } = engine.database;
    const of = { account: 'acme', digest: `sha256:${'4'.repeat(64)}`, imageId: 'd'.repeat(64) };
    const os = { 'ssl-libs': { version: '3.1.4', release: 'r1', type: 'APKG', sourcepkg: 'openssl' } };
    await engine.addImage(of, document(of, { distro: 'alpine:3.19.1', os }));
    await engine.index(of);
    await addVulnerabilities(sql, 'alpine:3.19', [
      {
        ...{ id: 'CVE-2023-4000', severity: 'High' },
        fixedIn: [{ name: 'openssl', version: '1:3.1.4-r3', format: 'apk', epochless: '3.1.4-r3' }],
      },
      {
        ...{ id: 'CVE-2023-4001', severity: 'High' },
        fixedIn: [{ name: 'openssl', version: '3.1.4-r0', format: 'apk' }],
      },
    ]);
    for (const id of ['CVE-2023-4001', 'CVE-2023-4002']) {
      await addNvd(sql, { id, severity: 'Medium', score: 5, products: [['openssl', '3.1.4']] });
    }
    await syncGroup(sql, 'vulnerabilities', 'alpine:3.19', synced);
    const ids = (messages: string[]) => messages.map((text) => /\((CVE-\S+) - /.exec(text)?.[1]);
    expect(ids(await vulnerabilities({}, of))).toEqual(['CVE-2023-4000', 'CVE-2023-4002']);
    for (const id of ['CVE-2023-4000', 'CVE-2023-4002']) {
      const query = `users/acme/query/images/by_vulnerability?vulnerability_id=${id}`;
      expect((await engine.call('GET', query)).body).toMatchObject([{ packages: [{ name: 'ssl-libs' }] }]);
    }
  });

  it('of an image that is gone leave nothing behind', async () => {
    await engine.call('DELETE', `users/acme/images/${'d'.repeat(64)}`);
    await engine.call('DELETE', `users/acme/images/${'c'.repeat(64)}`);
    await engine.call('DELETE', `users/acme/images/${image.imageId}`);
    expect(await engine.count('image_package_vulnerabilities')).toBe(0);
  });
});

/** `analysis_data` of an image with a few packages. */
function document(
  image: { imageId: string },
  facts: { distro: string; os?: Record<string, object>; gems?: Record<string, string> },
): string {
  const [DISTRO, DISTROVERS] = facts.distro.split(':');
  const gems = Object.entries(facts.gems ?? {}).map(([name, version]) => [
    `/gems/${name}.gemspec`,
    { name, versions: [version] },
  ]);
  return JSON.stringify({
    image_report: { meta: { imageId: image.imageId }, layers: ['sha256:1'] },
    analysis_report: {
      analyzer_meta: { analyzer_meta: { base: { DISTRO, DISTROVERS, LIKEDISTRO: DISTRO } } },
      package_list: {
        'pkgs.allinfo': { base: facts.os ?? {} },
        'pkgs.gems': { base: Object.fromEntries(gems) as unknown },
      },
    },
  });
}

import { evaluate, bundleOf, findings, messages, rule } from '../testing/rule.js';
import type { ImageFacts } from '../testing/memory-image.js';

const DAY = 86_400_000;
const now = new Date('2023-03-01T12:00:00Z');
const daysAgo = (days: number) => new Date(now.getTime() - days * DAY);
const score = (baseScore: number) => ({ baseScore, exploitabilityScore: 3.9, impactScore: null });

const image: ImageFacts = {
  vulnerabilities: [
    { fixVersions: ['2.1'], detectedAt: daysAgo(5), fixObservedAt: daysAgo(20), nvdScores: [score(7), score(9.8)] },
    { vulnerabilityId: 'CVE-2001-0002', severity: 'Medium', packageName: 'libbar', willNotFix: true },
    { vulnerabilityId: 'CVE-2001-0003', severity: '', packageName: 'libbaz' },
    {
      vulnerabilityId: 'GHSA-1',
      severity: 'Critical',
      packageName: 'lodash',
      packageVersion: '4.0.0',
      packageType: 'npm',
      location: '/app/node_modules/lodash/package.json',
      vendorScores: [score(9)],
    },
    {
      vulnerabilityId: 'GHSA-2',
      severity: 'low',
      packageName: 'log4j',
      packageVersion: '2.0',
      packageType: 'java',
      location: '/app/log4j-test.jar',
    },
    {
      vulnerabilityId: 'GHSA-3',
      severity: 'low',
      packageName: 'six',
      packageVersion: '1.0',
      packageType: 'python',
      location: '',
    },
  ],
};

async function ids(params: Record<string, string>, check = 'vulnerabilities.package'): Promise<string[]> {
  const found = await findings(
    check,
    check.endsWith('package') ? { package_type: 'all', ...params } : params,
    image,
    now,
  );
  return found.map(({ triggerId }) => triggerId);
}

describe('vulnerabilities.package', () => {
  it.each<[Record<string, string>, string[]]>([
    [{}, ['CVE-2001-0001+libfoo', 'GHSA-1+lodash', 'GHSA-2+log4j-test.jar', 'GHSA-3+six-1.0']],
    [
      { severity_comparison: '>=' },
      ['CVE-2001-0001+libfoo', 'CVE-2001-0003+libbaz', 'GHSA-1+lodash', 'GHSA-2+log4j-test.jar', 'GHSA-3+six-1.0'],
    ],
    [{ severity: 'medium', severity_comparison: '=', vendor_only: 'false' }, ['CVE-2001-0002+libbar']],
    [{ severity: 'medium', severity_comparison: '=' }, []],
    [{ package_type: 'os', severity: 'low' }, ['CVE-2001-0001+libfoo']],
    [{ package_type: 'non-os', severity: 'high' }, ['GHSA-1+lodash']],
    [{ fix_available: 'true' }, ['CVE-2001-0001+libfoo']],
    [{ fix_available: 'false', severity: 'high', severity_comparison: '>=' }, ['GHSA-1+lodash']],
    [{ package_path_exclude: String.raw`.*test\.jar`, severity: 'low', severity_comparison: '=' }, ['GHSA-3+six-1.0']],
    [{ cvss_v3_base_score: '9.8' }, ['CVE-2001-0001+libfoo']],
    [
      { cvss_v3_base_score: '0', cvss_v3_base_score_comparison: '<', package_type: 'non-os', severity: 'high' },
      ['GHSA-1+lodash'],
    ],
    [{ vendor_cvss_v3_base_score: '8', vendor_cvss_v3_base_score_comparison: '>' }, ['GHSA-1+lodash']],
    [{ fix_available: 'true', vendor_only: 'false', severity: 'low' }, ['CVE-2001-0001+libfoo']],
    [{ max_days_since_creation: '5', package_type: 'os' }, ['CVE-2001-0001+libfoo']],
    [{ max_days_since_creation: '6', package_type: 'os' }, []],
    [{ max_days_since_fix: '30', package_type: 'os' }, ['CVE-2001-0001+libfoo']],
    [{ max_days_since_fix: '30', fix_available: 'true' }, []],
  ])('filters %j', async (params, expected) => {
    expect(await ids(params)).toEqual(expected);
  });

  const scored: ImageFacts = {
    vulnerabilities: [
      {
        nvdScores: [{ baseScore: 1, exploitabilityScore: 2, impactScore: 3 }],
        vendorScores: [{ baseScore: 4, exploitabilityScore: 5, impactScore: 6 }],
      },
    ],
  };
  it.each([
    ['cvss_v3_base_score', 1],
    ['cvss_v3_exploitability_score', 2],
    ['cvss_v3_impact_score', 3],
    ['vendor_cvss_v3_base_score', 4],
    ['vendor_cvss_v3_exploitability_score', 5],
    ['vendor_cvss_v3_impact_score', 6],
  ])('compares the %s and no other', async (parameter, value) => {
    const shown = async (comparison: string | undefined, limit: number) => {
      const compared = comparison === undefined ? {} : { [`${parameter}_comparison`]: comparison };
      const params = { package_type: 'all', [parameter]: String(limit), ...compared };
      const found = await messages('vulnerabilities.package', params, scored);
      return found.map((text) => /\((?:vendor_)?cvss[^)]*\)/.exec(text)?.[0]);
    };
    const text = `(${parameter}=${value}.0)`;
    expect(await shown('=', value)).toEqual([text]);
    expect(await shown('!=', value)).toEqual([]);
    expect(await shown('<', value)).toEqual([]);
    expect(await shown('<=', value)).toEqual([text]);
    expect(await shown('>', value)).toEqual([]);
    // Without a comparison it is "at least".
    expect(await shown(undefined, value)).toEqual([text]);
    expect(await shown(undefined, value + 0.5)).toEqual([]);
  });

  it('words its messages as allowlists and reports know them', async () => {
    const text = async (params: Record<string, string>) =>
      (await findings('vulnerabilities.package', { package_type: 'all', ...params }, image, now))[0]?.message;
    expect(await text({ severity: 'high', severity_comparison: '=' })).toBe(
      'HIGH Vulnerability found in os package type (dpkg) - libfoo (fixed in: 2.1)(CVE-2001-0001 - https://sec.example/CVE-2001-0001)',
    );
    const all = { cvss_v3_base_score: '9', cvss_v3_exploitability_score: '1', max_days_since_creation: '1' };
    expect(await text({ ...all, fix_available: 'true', max_days_since_fix: '1' })).toBe(
      'HIGH Vulnerability found in os package type (dpkg) - libfoo (fixed in: 2.1)' +
        '(cvss_v3_base_score=9.8 cvss_v3_exploitability_score=3.9)' +
        '(max_days_since_creation=2023-02-24 max_days_since_fix=2023-02-09)' +
        '(CVE-2001-0001 - https://sec.example/CVE-2001-0001)',
    );
    expect(await text({ vendor_cvss_v3_base_score: '8' })).toBe(
      'CRITICAL Vulnerability found in non-os package type (npm) - /app/node_modules/lodash/package.json ' +
        '(vendor_cvss_v3_base_score=9.0)(GHSA-1 - https://sec.example/CVE-2001-0001)',
    );
  });

  it('says until when a result holds that waits for days to pass', async () => {
    const waiting = rule('vulnerabilities.package', { package_type: 'os', max_days_since_creation: '7' });
    const result = await evaluate(bundleOf([waiting]), image, { now });
    expect(result.policies[0]?.decisions).toEqual([]);
    expect(result.validUntil).toEqual(new Date('2023-03-03T12:00:00Z'));
    const later = await evaluate(bundleOf([waiting]), image, { now: result.validUntil ?? now });
    expect(later.policies[0]?.decisions).toHaveLength(1);
  });
});

describe('other vulnerability triggers', () => {
  it('knows stale data and when it becomes stale', async () => {
    const stale = rule('vulnerabilities.stale_feed_data', { max_days_since_sync: '2' });
    const at = (lastSync: Date | null) => evaluate(bundleOf([stale]), { feed: { lastSync } }, { now });
    expect((await at(null)).evaluation.result).toMatchObject({
      ['a'.repeat(64)]: {
        result: {
          rows: [
            expect.arrayContaining(['The vulnerability feed for this image distro is older than MAXAGE (2) days']),
          ],
        },
      },
    });
    expect((await at(daysAgo(3))).finalAction).toBe('stop');
    const fresh = await at(daysAgo(1));
    expect(fresh.finalAction).toBe('go');
    expect(fresh.validUntil).toEqual(new Date('2023-03-02T12:00:00.001Z'));
  });

  it('knows missing data', async () => {
    expect(await messages('vulnerabilities.vulnerability_data_unavailable', {}, { feed: { hasData: false } })).toEqual([
      'Distro-specific feed data not found for distro namespace: debian:12. Cannot perform CVE scan OS/distro packages',
    ]);
    expect(await messages('vulnerabilities.vulnerability_data_unavailable', {}, {})).toEqual([]);
  });

  it('lists refused vulnerabilities in one row, in the order of the parameter', async () => {
    const refused = (params: Record<string, string>) => messages('vulnerabilities.blacklist', params, image);
    expect(await refused({ vulnerability_ids: 'GHSA-1, CVE-9,CVE-2001-0001' })).toEqual([
      "Blacklisted vulnerabilities detected: ['GHSA-1', 'CVE-2001-0001']",
    ]);
    expect(await refused({ vulnerability_ids: 'CVE-2001-0002' })).toEqual([]);
    expect(await refused({ vulnerability_ids: 'CVE-2001-0002', vendor_only: 'FALSE' })).toHaveLength(1);
  });
});

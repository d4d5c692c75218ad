import { PolicyError } from '../errors.js';
import type { ImageView, ImageVulnerability } from '../image-view.js';
import {
  boolean,
  float,
  integer,
  oneOf,
  optional,
  pattern,
  required,
  textList,
  withDefault,
} from '../parameters/index.js';
import { reprList } from '../python-text.js';
import { defineGate, defineTrigger, type Finding, type RuleContext } from './gate.js';
import {
  compare,
  COMPARISONS,
  highestScore,
  packageClass,
  SEVERITIES,
  severityRank,
  vulnerabilityMessage,
  vulnerabilityTriggerId,
  type Comparison,
  type MatchDetails,
  type ScoreKind,
} from './vulnerability-match.js';

const DAY = 86_400_000;

const vendorOnly = withDefault(boolean, true, {
  description: 'true: leave out what the vendor has said not to fix',
  example: 'true',
});

function scoreComparison(what: string) {
  return withDefault(oneOf(...COMPARISONS), '>=', { description: `How to compare the ${what}`, example: '>' });
}

function score(what: string) {
  return optional(float, { description: `The ${what} to compare with`, example: '7.0' });
}

const parameters = {
  package_type: required(oneOf('all', 'os', 'non-os'), {
    description: 'Packages of the distribution, of languages, or all',
    example: 'all',
  }),
  severity_comparison: withDefault(oneOf(...COMPARISONS), '>', {
    description: 'How to compare the severity',
    example: '>',
  }),
  severity: withDefault(oneOf(...SEVERITIES), 'unknown', {
    description: 'The severity to compare with',
    example: 'high',
  }),
  cvss_v3_base_score_comparison: scoreComparison('highest CVSS v3 base score by NVD'),
  cvss_v3_base_score: score('CVSS v3 base score'),
  cvss_v3_exploitability_score_comparison: scoreComparison('highest CVSS v3 exploitability score by NVD'),
  cvss_v3_exploitability_score: score('CVSS v3 exploitability score'),
  cvss_v3_impact_score_comparison: scoreComparison('highest CVSS v3 impact score by NVD'),
  cvss_v3_impact_score: score('CVSS v3 impact score'),
  fix_available: optional(boolean, {
    description: 'Only vulnerabilities that have a fixed version (true) or have none (false)',
    example: 'true',
  }),
  vendor_only: vendorOnly,
  max_days_since_creation: optional(integer, {
    description: 'Only vulnerabilities that were found in the image at least so many days ago',
    example: '7',
  }),
  max_days_since_fix: optional(integer, {
    description: 'With fix_available=true: only those whose fix was first seen at least so many days ago',
    example: '30',
  }),
  vendor_cvss_v3_base_score_comparison: scoreComparison("vendor's CVSS v3 base score"),
  vendor_cvss_v3_base_score: score("vendor's CVSS v3 base score"),
  vendor_cvss_v3_exploitability_score_comparison: scoreComparison("vendor's CVSS v3 exploitability score"),
  vendor_cvss_v3_exploitability_score: score("vendor's CVSS v3 exploitability score"),
  vendor_cvss_v3_impact_score_comparison: scoreComparison("vendor's CVSS v3 impact score"),
  vendor_cvss_v3_impact_score: score("vendor's CVSS v3 impact score"),
  package_path_exclude: optional(pattern, {
    description: 'Regular expression for paths of language packages to leave out',
    example: String.raw`.*test\.jar*`,
  }),
};

const packageTrigger = defineTrigger({
  name: 'package',
  description: 'Fires for each vulnerability of a package for which all given conditions hold',
  parameters,
  async *evaluate(context, values): AsyncGenerator<Finding> {
    const nvd = scoreConditions('cvss_v3', values);
    const vendor = scoreConditions('vendor_cvss_v3', values);
    for (const vulnerability of await context.once(allVulnerabilities)) {
      const { package_type: type, severity, severity_comparison: comparison, fix_available: fixed } = values;
      const kind = packageClass(vulnerability);
      if (type !== 'all' && type !== kind) continue;
      if (!compare(severityRank(vulnerability.severity), comparison, severityRank(severity))) continue;
      if (values.vendor_only && vulnerability.willNotFix) continue;
      if (fixed !== null && fixed !== vulnerability.fixVersions.length > 0) continue;
      const excluded = kind === 'non-os' ? values.package_path_exclude : null;
      if (excluded && context.matches(excluded, vulnerability.location)) continue;
      const nvdScores = meets(nvd, vulnerability.nvdScores);
      const vendorScores = meets(vendor, vulnerability.vendorScores);
      // Last of all, because it may set a moment at which the finding changes.
      const times = nvdScores && vendorScores && agesReached(context, vulnerability, values);
      if (!times) continue;
      const message = vulnerabilityMessage(vulnerability, { nvdScores, times, vendorScores });
      yield { message, triggerId: vulnerabilityTriggerId(vulnerability) };
    }
  },
});

interface ScoreCondition {
  name: string;
  kind: ScoreKind;
  comparison: Comparison;
  limit: number;
}

type ScoreValues = Record<`${'cvss_v3' | 'vendor_cvss_v3'}_${ScoreKind}`, number | null> &
  Record<`${'cvss_v3' | 'vendor_cvss_v3'}_${ScoreKind}_comparison`, Comparison>;

function scoreConditions(prefix: 'cvss_v3' | 'vendor_cvss_v3', values: ScoreValues): ScoreCondition[] {
  const kinds: ScoreKind[] = ['base_score', 'exploitability_score', 'impact_score'];
  return kinds.flatMap((kind) => {
    const name = `${prefix}_${kind}` as const;
    const limit = values[name];
    return limit === null ? [] : [{ name, kind, comparison: values[`${name}_comparison`], limit }];
  });
}

/** The scores that were compared, or undefined when one does not meet its condition. */
function meets(
  conditions: readonly ScoreCondition[],
  scores: ImageVulnerability['nvdScores'],
): MatchDetails['nvdScores'] | undefined {
  const compared = conditions.map((condition) => ({ ...condition, actual: highestScore(scores, condition.kind) }));
  if (!compared.every(({ actual, comparison, limit }) => compare(actual, comparison, limit))) return undefined;
  return compared.map(({ name, actual }) => [name, actual]);
}

/** The moments that were compared, or undefined when one is too recent. Unknown moments are old enough. */
function agesReached(
  context: RuleContext,
  vulnerability: ImageVulnerability,
  values: { max_days_since_creation: number | null; max_days_since_fix: number | null; fix_available: boolean | null },
): MatchDetails['times'] | undefined {
  const creation = values.max_days_since_creation;
  const fix = values.fix_available === true ? values.max_days_since_fix : null;
  const compared = [
    { name: 'max_days_since_creation', days: creation, moment: vulnerability.detectedAt },
    { name: 'max_days_since_fix', days: fix, moment: vulnerability.fixObservedAt },
  ];
  const times: [string, Date][] = [];
  let young = false;
  for (const { name, days, moment } of compared) {
    if (days === null || !moment) continue;
    const reached = new Date(moment.getTime() + days * DAY);
    if (reached > context.now) {
      young = true;
      context.changesAt(reached);
    }
    times.push([name, moment]);
  }
  return young ? undefined : times;
}

const staleFeedData = defineTrigger({
  name: 'stale_feed_data',
  description: "Fires when the vulnerability data for the image's distribution was synced too long ago, or never",
  parameters: {
    max_days_since_sync: required(integer, { description: 'Days that the data may be old', example: '10' }),
  },
  async evaluate(context, { max_days_since_sync: days }): Promise<Finding[]> {
    try {
      const { lastSync } = await context.view.distroFeed();
      const stale = lastSync && new Date(lastSync.getTime() + days * DAY);
      if (stale && stale >= context.now) {
        context.changesAt(new Date(stale.getTime() + 1));
        return [];
      }
      return [{ message: `The vulnerability feed for this image distro is older than MAXAGE (${days}) days` }];
    } catch (error) {
      if (error instanceof PolicyError) throw error;
      const cause = error instanceof Error ? error.message : String(error);
      return [{ message: `Cannot perform data feed up-to-date check - message from server: ${cause}` }];
    }
  },
});

const dataUnavailable = defineTrigger({
  name: 'vulnerability_data_unavailable',
  description: "Fires when there is no vulnerability data for the image's distribution",
  parameters: {},
  async evaluate({ view }): Promise<Finding[]> {
    const { hasData, namespace } = await view.distroFeed();
    if (hasData) return [];
    const missing = `Distro-specific feed data not found for distro namespace: ${namespace}`;
    return [{ message: `${missing}. Cannot perform CVE scan OS/distro packages` }];
  },
});

const blacklist = defineTrigger({
  name: 'blacklist',
  description: 'Fires once when the image has any of the given vulnerabilities',
  parameters: {
    vulnerability_ids: required(textList, { description: 'Ids of vulnerabilities', example: 'CVE-2019-1234' }),
    vendor_only: vendorOnly,
  },
  async evaluate(context, { vulnerability_ids: ids, vendor_only: onlyVendor }): Promise<Finding[]> {
    const all = await context.once(allVulnerabilities);
    const counted = all.filter(({ willNotFix }) => !onlyVendor || !willNotFix);
    const present = new Set(counted.map(({ vulnerabilityId }) => vulnerabilityId));
    const found = ids.filter((id) => present.has(id));
    return found.length > 0 ? [{ message: `Blacklisted vulnerabilities detected: ${reprList(found)}` }] : [];
  },
});

async function allVulnerabilities(view: ImageView): Promise<ImageVulnerability[]> {
  const all: ImageVulnerability[] = [];
  for await (const vulnerability of view.vulnerabilities()) all.push(vulnerability);
  return all;
}

/** Checks of the vulnerabilities that are known of the image's packages. */
export const vulnerabilities = defineGate({
  name: 'vulnerabilities',
  description: 'Checks known vulnerabilities of the packages in the image, and how good the vulnerability data is',
  triggers: [packageTrigger, staleFeedData, dataUnavailable, blacklist],
});

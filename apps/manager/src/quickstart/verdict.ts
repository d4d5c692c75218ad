import type { Api } from './api.js';

/** One line of an evaluation. */
export interface Finding {
  gate: string;
  trigger: string;
  action: string;
  message: string;
  id: string;
}

/** What a bundle says of an image. */
export interface Verdict {
  policyId: string;
  status: string;
  finalAction: string;
  findings: Finding[];
}

type Check = Record<string, Record<string, { policyId: string; status: string; detail: CheckDetail }[]>>[];
interface CheckDetail {
  result: { final_action: string; result: Record<string, { result: { rows: unknown[][] } }> };
}

/** Columns of a finding's row (api spec 3.6). */
const COLUMN = { id: 2, gate: 3, trigger: 4, message: 5, action: 6 } as const;

/** A bundle that asks whether the files of the packages are still those that the packages brought. */
export const VERIFY_BUNDLE = {
  id: 'quickstart-verify',
  version: '1_0',
  name: 'Packages verified',
  comment: 'Stops images whose package-owned files were altered or removed, or that carry secrets',
  policies: [
    {
      id: 'verify',
      version: '1_0',
      name: 'verify',
      rules: [
        { id: 'r1', gate: 'packages', trigger: 'verify', action: 'STOP', params: [] },
        { id: 'r2', gate: 'secret_scans', trigger: 'content_regex_checks', action: 'STOP', params: [] },
        { id: 'r3', gate: 'files', trigger: 'suid_or_guid_set', action: 'WARN', params: [] },
      ],
    },
  ],
  whitelists: [],
  mappings: [
    {
      id: 'm1',
      name: 'all',
      registry: '*',
      repository: '*',
      image: { type: 'tag', value: '*' },
      policy_ids: ['verify'],
      whitelist_ids: [],
    },
  ],
  whitelisted_images: [],
  blacklisted_images: [],
};

/** Evaluates the image under a bundle of the account. */
export async function check(api: Api, digest: string, tag: string, policyId: string): Promise<Verdict> {
  const query = new URLSearchParams({ tag, policyId, detail: 'true' });
  const answer = await api.call<Check>('GET', `/images/${digest}/check?${query.toString()}`);
  const evaluation = Object.values(answer[0]?.[digest] ?? {})[0]?.[0];
  if (!evaluation) throw new Error(`the evaluation of ${digest} under ${policyId} is empty`);
  const { result } = evaluation.detail;
  const rows = Object.values(result.result)[0]?.result.rows ?? [];
  const findings = rows.map((row) => ({
    id: String(row[COLUMN.id]),
    gate: String(row[COLUMN.gate]),
    trigger: String(row[COLUMN.trigger]),
    message: String(row[COLUMN.message]),
    action: String(row[COLUMN.action]),
  }));
  return { policyId, status: evaluation.status, finalAction: result.final_action, findings };
}

/** Two verdicts of the same bundle on the same image must be equal in everything. @throws Error naming the difference. */
export function requireSameVerdict(before: Verdict, after: Verdict): void {
  const text = (verdict: Verdict): string =>
    JSON.stringify([
      verdict.status,
      verdict.finalAction,
      verdict.findings.map((finding) => JSON.stringify(finding)).sort(),
    ]);
  if (text(before) !== text(after)) {
    throw new Error(`the verdict under ${before.policyId} changed: ${text(before)} before, ${text(after)} after`);
  }
}

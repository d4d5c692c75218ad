import type { PolicyEvaluation } from '@kedge/policy';

export const VERIFY = { id: 'verify', gate: 'packages', trigger: 'verify', action: 'STOP', params: [] };
export const SETUID = { id: 'setuid', gate: 'files', trigger: 'suid_or_guid_set', action: 'WARN', params: [] };
export const SSH_DENIED = {
  ...{ id: 'ssh', gate: 'packages', trigger: 'blacklist', action: 'STOP' },
  params: [{ name: 'name', value: 'openssh-server' }],
};

const mapping = { registry: '*', repository: '*', image: { type: 'tag', value: '*' }, whitelist_ids: [] };

/** A bundle whose one policy has these rules and is mapped to every image. */
export function bundle(...rules: object[]) {
  return {
    ...{ id: 'b1', version: '1_0', name: 'test' },
    policies: [{ id: 'p1', version: '1_0', name: 'p', rules }],
    whitelists: [] as object[],
    mappings: [{ ...mapping, id: 'm1', name: 'all', policy_ids: ['p1'] }],
  };
}

/** Messages of an evaluation's rows. */
export function outputs(evaluation: PolicyEvaluation, image: { imageId: string }): string[] {
  const table = evaluation.result[image.imageId] as { result: { rows: string[][] } };
  return table.result.rows.map((row) => row[5] ?? '');
}

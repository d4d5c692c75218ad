import { TABLE_HEADER, type Action, type PolicyDecision, type ResultTable, type TableRow } from './result.js';

/** The table form of a result (policy spec 3.7): a row a finding, and keys that are always empty but always there. */
export function resultTable(
  imageId: string,
  tag: string,
  policies: readonly PolicyDecision[],
  finalAction: Action,
): ResultTable {
  const rows: TableRow[] = policies.flatMap(({ policyId, decisions }) =>
    decisions.map(({ triggerId, gate, trigger, message, action, allowlisted }): TableRow => {
      const effective = allowlisted === false ? action : 'go';
      return [imageId, tag, triggerId, gate, trigger, message, effective, allowlisted, policyId];
    }),
  );
  return {
    [imageId]: { result: { header: TABLE_HEADER, row_count: rows.length, rows, final_action: finalAction } },
    policy_data: [],
    whitelist_data: [],
    policy_name: '',
    whitelist_names: [],
  };
}

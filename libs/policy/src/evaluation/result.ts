import type { PolicyProblem } from '../problem.js';

/** Outcome of a rule, a policy or an evaluation. */
export type Action = 'stop' | 'warn' | 'go';

/** Why an evaluation came out as it did. */
export type FinalActionReason = 'policy_evaluation' | 'whitelisted' | 'blacklisted';

/** Names of the table's columns, in order. */
export const TABLE_HEADER = [
  'Image_Id',
  'Repo_Tag',
  'Trigger_Id',
  'Gate',
  'Trigger',
  'Check_Output',
  'Gate_Action',
  'Whitelisted',
  'Policy_Id',
] as const;

/** The allowlist item that covers a finding. */
export interface AllowlistMatch {
  whitelist_name: string | null;
  whitelist_id: string;
  matched_rule_id: string | null;
}

/** One row of the table, in the order of TABLE_HEADER. */
export type TableRow = [
  imageId: string,
  tag: string,
  triggerId: string,
  gate: string,
  trigger: string,
  output: string,
  action: Action,
  allowlisted: false | AllowlistMatch,
  policyId: string,
];

/** The table and the empty keys that old clients expect beside it: `{<image id>: {result: ...}, policy_data: [], ...}`. */
export type ResultTable = Record<string, unknown>;

/**
 * Answer of `POST /users/{user}/images/{imageId}/check_inline` and, under `detail.result`, of the catalog's check
 * (policy spec 3.7). Times are whole seconds since 1970.
 */
export interface PolicyEvaluation {
  user_id: string;
  image_id: string;
  tag: string;
  bundle: unknown;
  matched_mapping_rule: Record<string, unknown> | false;
  matched_whitelisted_images_rule: Record<string, unknown> | false;
  matched_blacklisted_images_rule: Record<string, unknown> | false;
  result: ResultTable;
  created_at: number;
  last_modified: number;
  final_action: Action;
  final_action_reason: FinalActionReason;
  evaluation_problems: PolicyProblem[];
}

/** One finding of one rule, with what became of it. */
export interface Decision {
  gate: string;
  trigger: string;
  triggerId: string;
  message: string;
  /** Action of the rule. */
  action: Action;
  ruleId: string | null;
  allowlisted: AllowlistMatch | false;
}

/** What one policy says of the image. */
export interface PolicyDecision {
  policyId: string;
  policyName: string | null;
  decisions: Decision[];
  finalAction: Action;
}

/** What `evaluateBundle` gives. */
export interface EvaluationResult {
  /** The document for API answers. */
  evaluation: PolicyEvaluation;
  finalAction: Action;
  /** `pass` for go and warn. */
  status: 'pass' | 'fail';
  policies: PolicyDecision[];
  problems: PolicyProblem[];
  /** The next moment at which the clock alone may change the result; null when it cannot. */
  validUntil: Date | null;
  /** False when the result has error problems and must be made afresh every time. */
  cacheable: boolean;
}

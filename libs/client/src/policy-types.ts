/** JSON that the policy engine reads and writes; keys as on the wire. */

export type FinalAction = 'stop' | 'warn' | 'go';

/** A policy bundle as its author wrote it. Only the policy engine looks inside. */
export type PolicyBundleDocument = Record<string, unknown>;

export interface PolicyProblem {
  severity: 'error' | 'warn';
  problem_type: string;
  details: string;
}

/** `{"<imageId>": {"result": table}, "policy_data": [], "whitelist_data": [], "policy_name": "", "whitelist_names": []}` */
export type EvaluationResult = Record<string, unknown>;

/** Answer of `check_inline`: one bundle applied to one image and tag. */
export interface PolicyEvaluation {
  user_id: string;
  image_id: string;
  tag: string;
  bundle: PolicyBundleDocument;
  /** The bundle's own rule, or false when none matched. */
  matched_mapping_rule: Record<string, unknown> | false;
  matched_whitelisted_images_rule: Record<string, unknown> | false;
  matched_blacklisted_images_rule: Record<string, unknown> | false;
  result: EvaluationResult;
  /** Epoch seconds. */
  created_at: number;
  /** Epoch seconds. */
  last_modified: number;
  final_action: FinalAction;
  final_action_reason: 'policy_evaluation' | 'whitelisted' | 'blacklisted';
  evaluation_problems: PolicyProblem[];
}

export interface BundleValidation {
  valid: boolean;
  validation_details: PolicyProblem[];
}

export interface ParameterSpec {
  name: string;
  description: string;
  example: string | null;
  state: string;
  superceded_by: string | null;
  required: boolean;
  validator: Record<string, unknown> | null;
}

export interface TriggerSpec {
  name: string;
  description: string;
  state: string;
  superceded_by: string | null;
  parameters: ParameterSpec[];
}

export interface GateSpec {
  name: string;
  description: string;
  state: string;
  superceded_by: string | null;
  triggers: TriggerSpec[];
}

/** An image that has a package, with the packages that match. */
export interface PackageMatch {
  imageId: string;
  imageDigest: string;
  packages: { name: string; version: string; type: string }[];
}

export type ArtifactType = 'retrieved_files' | 'secret_search' | 'file_content_search';

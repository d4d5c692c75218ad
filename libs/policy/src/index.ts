export { PolicyError, type PolicyErrorCode } from './errors.js';
export { hasErrors, type PolicyProblem, type ProblemType } from './problem.js';
export * from './image-view.js';
export type * from './evaluation/result.js';
export type {
  Allowlist,
  AllowlistItem,
  Bundle,
  ImageRule,
  MappingRule,
  Policy,
  Rule,
  RuleParameter,
} from './bundle/schema.js';
// Coming here next, with these signatures:
//
// validateBundle(value: unknown, options: { packageDbLoad: boolean }): { valid: boolean; problems: PolicyProblem[] }
//   `problems` is `validation_details` of POST /validate_bundle.
// compileBundle(value: unknown): CompiledBundle
//   For any number of evaluations; faults become problems of the evaluation. Throws PolicyError `bundle_not_an_object`.
// evaluateBundle(bundle: CompiledBundle, subject: {
//   account: string; imageId: string; tag: string | null; digest: string | null; view: ImageView; now?: Date;
//   signal?: AbortSignal;
// }): Promise<EvaluationResult>
// describeGates(options?: { packageDbLoad: boolean }): GateDescription[]      body of GET /policy_spec
// DEFAULT_BUNDLE: Bundle                                                     id 2c53a13c-1765-11e8-82ef-23527761d060

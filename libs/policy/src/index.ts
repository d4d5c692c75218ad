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
export { validateBundle, type ValidationOptions, type ValidationResult } from './bundle/validate.js';
export { CompiledBundle, compileBundle } from './bundle/compiled-bundle.js';
export { parsePullString, type PullString } from './bundle/pull-string.js';
export { evaluateBundle, type EvaluationSubject } from './evaluation/evaluate-bundle.js';
export { describeGates, type GateDescription, type ParameterDescription, type TriggerDescription } from './describe.js';
export { DEFAULT_BUNDLE } from './default-bundle.js';
export { compareVersions, versionScheme, type VersionScheme } from './versions/index.js';
export { VERIFICATION_VERSION, verifyEntry } from './gates/package-verification.js';
export { packageClass } from './gates/vulnerability-match.js';
export { isInRange } from './versions/range.js';

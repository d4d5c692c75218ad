/** Names of the kinds of problem; they are part of the API's answers. */
export type ProblemType =
  | 'ValidationError'
  | 'UnsupportedVersionError'
  | 'GateNotFoundError'
  | 'TriggerNotFoundError'
  | 'TriggerNotAvailableError'
  | 'EndOfLifedError'
  | 'DeprecationWarning'
  | 'InvalidParameterError'
  | 'ParameterValueInvalidError'
  | 'ReferencedObjectNotFoundError'
  | 'DuplicateIdentifierFoundError'
  | 'TriggerEvaluationError'
  | 'PolicyError'
  | 'TypeError'
  | 'Exception';

/**
 * One thing that is wrong with a bundle or with the evaluation of one of its rules: `severity`, `problem_type` and
 * `details` as clients of the API know them (policy spec 5.1), the other keys say where. `path` is where in the bundle,
 * `policies[0].rules[3].params[1].value`; the bundle itself is the empty path.
 */
export interface PolicyProblem {
  severity: 'error' | 'warn';
  problem_type: ProblemType;
  details: string;
  path?: string;
  policy_id?: string;
  rule_id?: string;
  gate?: string;
  trigger?: string;
  parameter?: string;
}

/** True when one of the problems is an error. */
export function hasErrors(problems: readonly PolicyProblem[]): boolean {
  return problems.some((problem) => problem.severity === 'error');
}

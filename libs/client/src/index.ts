export { ApiError, type ErrorDetail } from './api-error.js';
export { PolicyEngineClient, type PolicyEngineClientOptions } from './policy-engine-client.js';
export type {
  ArtifactType,
  BundleValidation,
  EvaluationResult,
  FinalAction,
  GateSpec,
  PackageMatch,
  ParameterSpec,
  PolicyBundleDocument,
  PolicyEvaluation,
  PolicyProblem,
  TriggerSpec,
} from './policy-types.js';
export type {
  ImageVulnerabilityReport,
  ImageVulnerabilityResult,
  ReportedCvss,
  VulnerableImage,
} from './vulnerability-types.js';

import type { Secret } from '@kedge/config';
import type {
  ArtifactType,
  BundleValidation,
  GateSpec,
  PolicyBundleDocument,
  PolicyEvaluation,
} from './policy-types.js';

export interface PolicyEngineClientOptions {
  /** Base URL with or without `/v1`, e.g. `http://policy-engine:8087`. */
  baseUrl: string;
  token: Secret;
  /** One call, from connecting to the last byte. Default 60 s. */
  timeoutMs?: number;
}

/** Calls the policy engine. Every rejection is an `ApiError`. */
export class PolicyEngineClient {
  constructor(private readonly options: PolicyEngineClientOptions) {}

  /** Applies the bundle to an indexed image. @throws ApiError 404 when the policy engine does not know the image. */
  evaluate(request: {
    account: string;
    imageId: string;
    imageDigest: string;
    tag: string;
    bundle: PolicyBundleDocument;
  }): Promise<PolicyEvaluation> {
    throw new Error(`not written yet: ${this.options.baseUrl} ${request.tag}`);
  }

  /** All problems of a bundle at once. */
  validateBundle(bundle: PolicyBundleDocument): Promise<BundleValidation> {
    throw new Error(`not written yet: ${Object.keys(bundle).length}`);
  }

  /** Gates, triggers and parameters. */
  policySpec(): Promise<GateSpec[]> {
    throw new Error('not written yet');
  }

  /** What the analysis kept of one image. @throws ApiError 404 when the image is not known. */
  artifacts(request: { account: string; imageId: string; type: ArtifactType }): Promise<unknown[]> {
    throw new Error(`not written yet: ${request.type}`);
  }
}

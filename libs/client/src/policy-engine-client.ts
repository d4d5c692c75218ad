import type { Secret } from '@kedge/config';
import { requestJson } from './json-request.js';
import type {
  ArtifactType,
  BundleValidation,
  GateSpec,
  PackageMatch,
  PolicyBundleDocument,
  PolicyEvaluation,
} from './policy-types.js';
import type { ImageVulnerabilityReport, VulnerableImage } from './vulnerability-types.js';

export interface PolicyEngineClientOptions {
  /** Base URL with or without `/v1`, e.g. `http://policy-engine:8087`. */
  baseUrl: string;
  /** The service token. */
  token: Secret;
  /** One call, from connecting to the last byte. Default 60 s. */
  timeoutMs?: number;
}

const DEFAULT_TIMEOUT_MS = 60_000;

/**
 * Calls the policy engine (policy spec 11). Every rejection is an `ApiError`: what the policy engine says, or 502, 503 and
 * 504 when it does not answer properly. Nothing is tried again.
 */
export class PolicyEngineClient {
  private readonly base: string;

  constructor(private readonly options: PolicyEngineClientOptions) {
    this.base = `${options.baseUrl.replace(/\/+$/, '').replace(/\/v1$/, '')}/v1`;
  }

  /** Applies the bundle to an indexed image. @throws ApiError 404 when the policy engine does not know the image. */
  evaluate(request: {
    account: string;
    imageId: string;
    imageDigest: string;
    tag: string;
    bundle: PolicyBundleDocument;
  }): Promise<PolicyEvaluation> {
    const { account, imageId, imageDigest, tag, bundle } = request;
    // Several manifests can share a config; the digest says which image is meant.
    const query = { tag, image_digest: imageDigest };
    return this.call(asking(this.url('users', account, 'images', imageId, 'check_inline'), query), bundle);
  }

  /** All problems of a bundle at once. */
  validateBundle(bundle: PolicyBundleDocument): Promise<BundleValidation> {
    return this.call(this.url('validate_bundle'), bundle);
  }

  /** Gates, triggers and parameters. */
  policySpec(): Promise<GateSpec[]> {
    return this.call(this.url('policy_spec'));
  }

  /** What the analysis kept of one image. @throws ApiError 404 when the image is not known, 400 for an unknown type. */
  artifacts(request: { account: string; imageId: string; type: ArtifactType }): Promise<unknown[]> {
    return this.call(this.url('users', request.account, 'images', request.imageId, 'artifacts', request.type));
  }

  /**
   * What vulnerabilities an image has now. `vendorOnly`: without those that the vendor will not fix.
   *
   * @throws ApiError 404 when the policy engine does not know the image.
   */
  vulnerabilities(request: {
    account: string;
    imageId: string;
    imageDigest: string;
    vendorOnly: boolean;
  }): Promise<ImageVulnerabilityReport> {
    const { account, imageId, imageDigest, vendorOnly } = request;
    const query = { image_digest: imageDigest, vendor_only: String(vendorOnly) };
    return this.call(asking(this.url('users', account, 'images', imageId, 'vulnerabilities'), query));
  }

  /** Images of the account that have a package, by digest, at most 10,000. `version`: with or without release. */
  imagesByPackage(request: {
    account: string;
    name: string;
    version?: string | undefined;
    type?: string | undefined;
  }): Promise<PackageMatch[]> {
    const { account, name, version, type } = request;
    const query = { name, version, package_type: type };
    return this.call(asking(this.url('users', account, 'query', 'images', 'by_package'), query));
  }

  /** Images of the account whose report names a vulnerability, by digest, at most 10,000. */
  imagesByVulnerability(request: {
    account: string;
    id: string;
    namespace?: string | undefined;
    packageName?: string | undefined;
    severity?: string | undefined;
    /** Not where the vendor will not fix it. */
    vendorOnly: boolean;
  }): Promise<VulnerableImage[]> {
    const { account, id, namespace, packageName, severity, vendorOnly } = request;
    const query = {
      ...{ vulnerability_id: id, namespace, affected_package: packageName, severity },
      vendor_only: String(vendorOnly),
    };
    return this.call(asking(this.url('users', account, 'query', 'images', 'by_vulnerability'), query));
  }

  private url(...segments: string[]): URL {
    return new URL(`${this.base}/${segments.map(encodeURIComponent).join('/')}`);
  }

  private call<T>(url: URL, body?: unknown): Promise<T> {
    const { token, timeoutMs = DEFAULT_TIMEOUT_MS } = this.options;
    return requestJson<T>({ peer: 'policy engine', url, token, timeoutMs, ...(body === undefined ? {} : { body }) });
  }
}

/** The url with those parameters that are given. */
function asking(url: URL, query: Record<string, string | undefined>): URL {
  for (const [name, value] of Object.entries(query)) if (value !== undefined) url.searchParams.set(name, value);
  return url;
}

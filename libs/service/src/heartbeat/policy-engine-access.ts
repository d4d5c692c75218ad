import { ApiError, PolicyEngineClient } from '@kedge/client';
import type { Secret } from '@kedge/config';
import type { ServiceRegistry } from './service-registry.js';

const REMEMBER_MS = 15_000;

/**
 * Finds the policy engine: the configured endpoint, else the service that was heard of last. A look-up is good for 15
 * seconds.
 */
export class PolicyEngineAccess {
  private found: { client: PolicyEngineClient; until: number } | undefined;

  constructor(private readonly options: { endpoint: string | undefined; token: Secret; registry: ServiceRegistry }) {}

  /** @throws ApiError 503 when none is known. */
  async client(): Promise<PolicyEngineClient> {
    if (this.found && this.found.until > Date.now()) return this.found.client;
    const { endpoint, token, registry } = this.options;
    const baseUrl = endpoint ?? (await registry.find('policy_engine'));
    if (baseUrl === undefined) throw new ApiError(503, 'no policy engine is running; start one, then try again');
    const client = new PolicyEngineClient({ baseUrl, token });
    this.found = { client, until: Date.now() + REMEMBER_MS };
    return client;
  }
}

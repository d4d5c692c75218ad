import type { PolicyBundleDocument } from '@kedge/client';
import { ApiError, SERVICE_CONTEXT, type ServiceContext } from '@kedge/service';
import { Inject, Injectable } from '@nestjs/common';

/** Largest bundle that is accepted, as JSON. */
export const MAX_BUNDLE_BYTES = 8 * 1024 * 1024;

/** Has bundles judged by the policy engine before they are stored. */
@Injectable()
export class BundleValidation {
  constructor(@Inject(SERVICE_CONTEXT) private readonly context: ServiceContext) {}

  /**
   * @throws ApiError 400 with every fault in `detail.validation_details`; 413 too large; 503 when the policy engine
   * cannot be asked.
   */
  async require(bundle: PolicyBundleDocument): Promise<void> {
    const bytes = Buffer.byteLength(JSON.stringify(bundle));
    if (bytes > MAX_BUNDLE_BYTES) {
      throw new ApiError(413, `the bundle is ${bytes} bytes long; at most ${MAX_BUNDLE_BYTES} are allowed`);
    }
    const { valid, validation_details } = await this.ask(bundle);
    if (!valid) throw new ApiError(400, 'Bundle failed validation', { validation_details, error_codes: [] });
  }

  private async ask(bundle: PolicyBundleDocument) {
    try {
      const engine = await this.context.policyEngine();
      return await engine.validateBundle(bundle);
    } catch (error) {
      if (!(error instanceof ApiError) || error.status < 500) throw error;
      throw new ApiError(
        503,
        `the policy engine could not validate the bundle, so nothing was changed: ${error.message}`,
        undefined,
        error,
      );
    }
  }
}

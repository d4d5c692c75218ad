import { ApiError, SERVICE_CONTEXT, type ServiceContext } from '@kedge/service';
import { Inject, Injectable } from '@nestjs/common';
import { EventsService } from '../events/events.service.js';
import { BundleValidation } from './bundle-validation.js';
import { PolicyStore, policyNotFound } from './policy-store.js';
import { damagedPolicyView, policyView, type StoredPolicy } from './policy-view.js';
import type { CheckedBundle, CheckedUpdate, PolicyRecordView } from './policy.dto.js';

/** Policy bundles of accounts. */
@Injectable()
export class PoliciesService {
  constructor(
    @Inject(SERVICE_CONTEXT) private readonly context: ServiceContext,
    private readonly store: PolicyStore,
    private readonly validation: BundleValidation,
    private readonly events: EventsService,
  ) {}

  /** Without details a bundle that cannot be read is shown without its name, so that it can be found and mended. */
  async list(account: string, detail: boolean): Promise<PolicyRecordView[]> {
    const views: PolicyRecordView[] = [];
    for (const row of await this.store.rows(account)) {
      try {
        views.push(policyView(await this.store.read(row), detail));
      } catch (error) {
        if (detail) throw error;
        this.context.logger.warn(
          { account, policyId: row.policyId, reason: (error as Error).message },
          'policy unreadable',
        );
        views.push(damagedPolicyView(row));
      }
    }
    return views;
  }

  /** @throws ApiError 404 */
  async get(account: string, policyId: string): Promise<StoredPolicy> {
    const row = await this.store.row(account, policyId);
    if (!row) throw policyNotFound(policyId);
    return this.store.read(row);
  }

  /** The bundle by which images of the account are judged. @throws ApiError 404 when none is active. */
  async getActive(account: string): Promise<StoredPolicy> {
    const row = await this.store.activeRow(account);
    if (!row) throw new ApiError(404, 'No active policy bundle found; activate one');
    return this.store.read(row);
  }

  /** Adds the bundle, or replaces the one with that id. It stays as active as it was. @throws ApiError 400, 413, 503 */
  async add(account: string, bundle: CheckedBundle): Promise<StoredPolicy> {
    await this.validation.require(bundle);
    return this.replace(account, bundle);
  }

  /**
   * Replaces the bundle and, when asked, makes it the active one.
   *
   * @throws ApiError 404; 400 for an invalid bundle, when ids differ, and when the active one is to become inactive.
   */
  async update(account: string, policyId: string, update: CheckedUpdate, active: boolean): Promise<StoredPolicy> {
    const { policybundle: bundle } = update;
    for (const id of [update.policyId, bundle.id]) {
      if (id !== policyId) throw new ApiError(400, `policy id ${id} of the body is not ${policyId} of the address`);
    }
    const row = await this.store.row(account, policyId);
    if (!row) throw policyNotFound(policyId);
    if (row.active && update.active === false && !active) {
      throw new ApiError(400, `cannot deactivate the active policy ${policyId}; activate another one instead`);
    }
    await this.validation.require(bundle);
    const stored = await this.replace(account, bundle);
    if ((!active && !update.active) || stored.row.active) return stored;
    const activated = await this.store.activate(account, policyId);
    await this.events.record({
      type: 'user.policy.active.updated',
      account,
      resourceId: policyId,
      details: { current_policy_id: policyId },
    });
    return { ...stored, row: activated };
  }

  delete(account: string, policyId: string): Promise<void> {
    return this.store.delete(account, policyId);
  }

  private async replace(account: string, bundle: CheckedBundle): Promise<StoredPolicy> {
    const before = await this.context.stores.objectStore.stat({ account, bucket: 'policy_bundles', key: bundle.id });
    const stored = await this.store.put(account, bundle);
    if (stored.row.active && before && before.digest !== stored.metadata.digest) {
      await this.events.record({
        type: 'user.policy.active.content_change',
        account,
        resourceId: bundle.id,
        details: { last_policy_digest: before.digest ?? null, current_policy_digest: stored.metadata.digest ?? null },
      });
    }
    return stored;
  }
}

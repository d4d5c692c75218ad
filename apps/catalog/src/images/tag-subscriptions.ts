import { Injectable } from '@nestjs/common';
import type { SubscriptionType } from '../subscriptions/subscription-types.js';
import { SubscriptionsService } from '../subscriptions/subscriptions.service.js';

/** The subscriptions that every tag of an added image has (api spec 4.5). */
@Injectable()
export class TagSubscriptions {
  constructor(private readonly subscriptions: SubscriptionsService) {}

  /**
   * Makes those that are missing and switches on those that are wanted on; none is switched off.
   *
   * @param options.watch the tag shall be watched for a new image
   */
  async ensure(account: string, fullTag: string, options: { watch: boolean }): Promise<void> {
    // `localbuild` stands for no registry, so there is nothing to watch.
    const watch = options.watch && !fullTag.startsWith('localbuild/');
    const wanted: [SubscriptionType, boolean][] = [
      ['analysis_update', true],
      ['tag_update', watch],
      ['policy_eval', false],
      ['vuln_update', false],
    ];
    for (const [type, active] of wanted) {
      const { subscription, created } = await this.subscriptions.ensure(account, type, fullTag, { active });
      if (created || !active || subscription.active) continue;
      await this.subscriptions.update(account, subscription.subscription_id, { active });
    }
  }
}

import { DEFAULT_BUNDLE } from '@kedge/policy';
import { SERVICE_CONTEXT, type ServiceContext } from '@kedge/service';
import { Inject, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { PolicyStore } from './policy-store.js';

/** Every account begins with the default bundle, active. */
@Injectable()
export class DefaultPolicies implements OnApplicationBootstrap {
  constructor(
    @Inject(SERVICE_CONTEXT) private readonly context: ServiceContext,
    private readonly store: PolicyStore,
  ) {}

  /** Gives the account the default bundle unless it has bundles. */
  async ensure(account: string): Promise<void> {
    await this.store.putFirst(account, DEFAULT_BUNDLE);
  }

  /** Accounts whose making was cut short, the first account of all included. */
  async onApplicationBootstrap(): Promise<void> {
    const bare = this.context.sql.stream<{ name: string }>(
      `SELECT name FROM accounts a WHERE state <> 'deleting' AND type <> 'service'
          AND NOT EXISTS (SELECT FROM policy_bundle p WHERE p."userId" = a.name)`,
    );
    for await (const { name } of bare) await this.ensure(name);
  }
}

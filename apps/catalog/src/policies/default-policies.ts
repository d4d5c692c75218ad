import { DEFAULT_BUNDLE } from '@kedge/policy';
import { SERVICE_CONTEXT, type ServiceContext } from '@kedge/service';
import { Inject, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { PolicyStore } from './policy-store.js';

/** Accounts that one start mends. */
const MAX_ACCOUNTS = 10_000;

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
    const bare = await this.context.sql.query<{ name: string }>(
      `SELECT name FROM accounts a WHERE state <> 'deleting' AND type <> 'service'
          AND NOT EXISTS (SELECT FROM policy_bundle p WHERE p."userId" = a.name) LIMIT ${MAX_ACCOUNTS}`,
    );
    for (const { name } of bare) await this.ensure(name);
  }
}

import { Module } from '@nestjs/common';
import { AccountsModule } from './accounts/accounts.module.js';
import { AuthModule } from './auth/auth.module.js';
import { EventsModule } from './events/events.module.js';
import { PoliciesModule } from './policies/policies.module.js';
import { SubscriptionsModule } from './subscriptions/subscriptions.module.js';

/**
 * Everything the catalog answers. Controllers name their paths without `/v1`: `startService` adds that prefix. Each
 * capability is a module of its own; `SERVICE_CONTEXT` is injectable in all of them.
 */
@Module({
  imports: [AuthModule, AccountsModule, PoliciesModule, EventsModule, SubscriptionsModule],
})
export class CatalogModule {}

import { Module } from '@nestjs/common';
import { AccountsModule } from './accounts/accounts.module.js';
import { ArchivesModule } from './archives/archives.module.js';
import { AuthModule } from './auth/auth.module.js';
import { ContentModule } from './content/content.module.js';
import { EvaluationsModule } from './evaluations/evaluations.module.js';
import { EventsModule } from './events/events.module.js';
import { ImagesModule } from './images/images.module.js';
import { ObjectsModule } from './objects/objects.module.js';
import { PoliciesModule } from './policies/policies.module.js';
import { QueriesModule } from './queries/queries.module.js';
import { RegistriesModule } from './registries/registries.module.js';
import { SubscriptionsModule } from './subscriptions/subscriptions.module.js';
import { SummariesModule } from './summaries/summaries.module.js';
import { SystemModule } from './system/system.module.js';
import { VulnerabilitiesModule } from './vulnerabilities/vulnerabilities.module.js';

/**
 * Everything the catalog answers. Controllers name their paths without `/v1`: `startService` adds that prefix. Each
 * capability is a module of its own; `SERVICE_CONTEXT` is injectable in all of them.
 */
@Module({
  imports: [
    AuthModule,
    AccountsModule,
    PoliciesModule,
    EvaluationsModule,
    RegistriesModule,
    ImagesModule,
    ContentModule,
    SummariesModule,
    VulnerabilitiesModule,
    QueriesModule,
    ArchivesModule,
    ObjectsModule,
    SubscriptionsModule,
    EventsModule,
    SystemModule,
  ],
})
export class CatalogModule {}

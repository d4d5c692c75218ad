import { Module } from '@nestjs/common';
import { APP_PIPE } from '@nestjs/core';
import { AuthModule } from './auth/auth.module.js';
import { EventsModule } from './events/events.module.js';
import { SubscriptionsModule } from './subscriptions/subscriptions.module.js';
import { BodyValidationPipe } from './wire/body-validation.pipe.js';

/**
 * Everything the catalog answers. Controllers name their paths without `/v1`: `startService` adds that prefix. Each
 * capability is a module of its own; `SERVICE_CONTEXT` is injectable in all of them.
 */
@Module({
  imports: [AuthModule, EventsModule, SubscriptionsModule],
  providers: [{ provide: APP_PIPE, useClass: BodyValidationPipe }],
})
export class CatalogModule {}

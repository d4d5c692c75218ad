import { Module } from '@nestjs/common';
import { EventsModule } from '../events/events.module.js';
import { BundleValidation } from './bundle-validation.js';
import { DefaultPolicies } from './default-policies.js';
import { PoliciesController } from './policies.controller.js';
import { PoliciesService } from './policies.service.js';
import { PolicyStore } from './policy-store.js';

@Module({
  imports: [EventsModule],
  controllers: [PoliciesController],
  providers: [PoliciesService, PolicyStore, BundleValidation, DefaultPolicies],
  exports: [PoliciesService, DefaultPolicies],
})
export class PoliciesModule {}

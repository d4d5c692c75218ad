import { Module } from '@nestjs/common';
import { PoliciesModule } from '../policies/policies.module.js';
import { EvaluationStore } from './evaluation-store.js';
import { EvaluationsController } from './evaluations.controller.js';
import { EvaluationsService } from './evaluations.service.js';
import { ImageLookup } from './image-lookup.js';

@Module({
  imports: [PoliciesModule],
  controllers: [EvaluationsController],
  providers: [EvaluationsService, EvaluationStore, ImageLookup],
  exports: [ImageLookup],
})
export class EvaluationsModule {}

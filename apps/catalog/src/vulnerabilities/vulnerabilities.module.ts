import { Module } from '@nestjs/common';
import { EvaluationsModule } from '../evaluations/evaluations.module.js';
import { ImagesModule } from '../images/images.module.js';
import { VulnerabilitiesController } from './vulnerabilities.controller.js';

@Module({ imports: [EvaluationsModule, ImagesModule], controllers: [VulnerabilitiesController] })
export class VulnerabilitiesModule {}

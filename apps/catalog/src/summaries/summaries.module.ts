import { Module } from '@nestjs/common';
import { ImagesModule } from '../images/images.module.js';
import { SummariesController } from './summaries.controller.js';

@Module({ imports: [ImagesModule], controllers: [SummariesController] })
export class SummariesModule {}

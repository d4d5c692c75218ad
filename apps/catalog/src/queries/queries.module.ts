import { Module } from '@nestjs/common';
import { ImagesModule } from '../images/images.module.js';
import { QueriesController } from './queries.controller.js';

@Module({ imports: [ImagesModule], controllers: [QueriesController] })
export class QueriesModule {}

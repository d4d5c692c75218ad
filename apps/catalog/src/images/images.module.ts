import { Module } from '@nestjs/common';
import { ArchiveAccessModule } from '../archives/archive-access.module.js';
import { EventsModule } from '../events/events.module.js';
import { SubscriptionsModule } from '../subscriptions/subscriptions.module.js';
import { ImageAdder } from './image-adder.js';
import { ImageDocuments } from './image-documents.js';
import { ImageRecords } from './image-records.js';
import { ImageRemover } from './image-remover.js';
import { ImageResolver } from './image-resolver.js';
import { ImageSweeper } from './image-sweeper.js';
import { ImagesController } from './images.controller.js';
import { ImagesService } from './images.service.js';
import { TagSubscriptions } from './tag-subscriptions.js';

@Module({
  imports: [EventsModule, SubscriptionsModule, ArchiveAccessModule],
  controllers: [ImagesController],
  providers: [
    ImagesService,
    ImageAdder,
    ImageDocuments,
    ImageRecords,
    ImageRemover,
    ImageResolver,
    ImageSweeper,
    TagSubscriptions,
  ],
  exports: [ImagesService, ImageRecords, ImageRemover, ImageSweeper],
})
export class ImagesModule {}

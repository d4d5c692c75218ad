import { Module } from '@nestjs/common';
import { ImagesModule } from '../images/images.module.js';
import { ArchiveAccessModule } from './archive-access.module.js';
import { ArchiveTasks } from './archive-tasks.js';
import { ArchivesController } from './archives.controller.js';
import { RulesController } from './rules.controller.js';

@Module({
  imports: [ArchiveAccessModule, ImagesModule],
  controllers: [RulesController, ArchivesController],
  providers: [ArchiveTasks],
  exports: [ArchiveTasks],
})
export class ArchivesModule {}

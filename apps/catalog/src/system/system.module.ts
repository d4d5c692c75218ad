import { Module } from '@nestjs/common';
import { EventsModule } from '../events/events.module.js';
import { FeedsController } from './feeds.controller.js';
import { ServiceWatcher } from './service-watcher.js';
import { ServicesService } from './services.service.js';
import { SystemController } from './system.controller.js';
import { UnsupportedController } from './unsupported.controller.js';

@Module({
  imports: [EventsModule],
  controllers: [FeedsController, SystemController, UnsupportedController],
  providers: [ServicesService, ServiceWatcher],
})
export class SystemModule {}

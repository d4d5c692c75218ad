import { Module } from '@nestjs/common';
import { EventsModule } from '../events/events.module.js';
import { ArchiveAccess } from './archive-access.js';

/** The archive for modules that the archive's own endpoints depend on. */
@Module({ imports: [EventsModule], providers: [ArchiveAccess], exports: [ArchiveAccess] })
export class ArchiveAccessModule {}

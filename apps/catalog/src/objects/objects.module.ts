import { Module } from '@nestjs/common';
import { ArchiveObjectsController } from './archive-objects.controller.js';
import { ObjectsController } from './objects.controller.js';
import { RawBodies } from './raw-bodies.js';

@Module({ controllers: [ObjectsController, ArchiveObjectsController], providers: [RawBodies] })
export class ObjectsModule {}

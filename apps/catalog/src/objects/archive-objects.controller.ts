import type { ObjectStore } from '@kedge/object-store';
import { SERVICE_CONTEXT, type ServiceContext } from '@kedge/service';
import { Controller, Inject } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { AdminOnly } from '../auth/decorators.js';
import { ObjectsController } from './objects.controller.js';

/** The same on the store of the analysis archive. */
@ApiTags('Objects')
@AdminOnly()
@Controller('archive')
export class ArchiveObjectsController extends ObjectsController {
  constructor(@Inject(SERVICE_CONTEXT) private readonly archiveContext: ServiceContext) {
    super(archiveContext);
  }

  protected override get store(): ObjectStore {
    return this.archiveContext.stores.analysisArchive;
  }
}

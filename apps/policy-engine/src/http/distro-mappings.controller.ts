import { Body, Controller, Delete, Get, HttpCode, Inject, Post, Query, UseGuards } from '@nestjs/common';
import { ApiError, SERVICE_CONTEXT, ServiceTokenGuard, type ServiceContext } from '@kedge/service';
import { createZodDto } from 'nestjs-zod';
import { z } from 'zod';
import {
  addDistroMapping,
  deleteDistroMapping,
  FLAVORS,
  listDistroMappings,
  type DistroMapping,
} from '../feeds/distro-mappings.js';

const name = z.string().trim().min(1).max(255);
class NewMapping extends createZodDto(z.object({ from_distro: name, to_distro: name, flavor: z.enum(FLAVORS) })) {}
class MappingQuery extends createZodDto(z.object({ from_distro: name })) {}

/** What names of distributions stand for in the feeds (policy spec 6.4, 7.5, 11). For other services only. */
@Controller('distro_mappings')
@UseGuards(ServiceTokenGuard)
export class DistroMappingsController {
  constructor(@Inject(SERVICE_CONTEXT) private readonly context: ServiceContext) {}

  @Get()
  list(): Promise<DistroMapping[]> {
    return listDistroMappings(this.context.sql);
  }

  @Post()
  @HttpCode(200)
  async add(@Body() mapping: NewMapping): Promise<DistroMapping> {
    const added = await addDistroMapping(this.context.sql, mapping);
    if (added) return added;
    throw new ApiError(
      409,
      `distribution ${JSON.stringify(mapping.from_distro)} is mapped already; delete that mapping first`,
    );
  }

  @Delete()
  async delete(@Query() { from_distro: from }: MappingQuery): Promise<DistroMapping> {
    const gone = await deleteDistroMapping(this.context.sql, from);
    if (gone) return gone;
    throw new ApiError(404, `distribution ${JSON.stringify(from)} is not mapped`);
  }
}

import { AnalysisError } from '@kedge/analysis';
import { ConfigError } from '@kedge/config';
import { StorageError } from '@kedge/object-store';
import { ImageError } from '@kedge/registry';
import {
  BadRequestException,
  Body,
  Controller,
  Get,
  Inject,
  Module,
  Param,
  Post,
  Query,
  UseGuards,
} from '@nestjs/common';
import { createZodDto } from 'nestjs-zod';
import { z } from 'zod';
import { ServiceTokenGuard } from '../auth/service-token.guard.js';
import { SERVICE_CONTEXT, type ServiceContext, type ServiceDefinition } from '../bootstrap/service-definition.js';
import { ApiError } from '../index.js';

class Thing extends createZodDto(
  z.object({ id: z.string(), rules: z.array(z.object({ action: z.enum(['go', 'stop']) })).default([]) }),
) {}

const FAILURES: Readonly<Record<string, () => Error>> = {
  api: () => new ApiError(409, 'it exists already', { error_codes: ['UNKNOWN'] }),
  nullDetail: () => new ApiError(409, 'conflict', null),
  nest: () => new BadRequestException('detail must be true or false'),
  storage: () => new StorageError('unavailable', 's3://secret-place is down'),
  image: () => new ImageError('unauthorized', 'registry refuses docker.io/library/x'),
  analysis: () => new AnalysisError('corrupt_tar', 'layer 2 is damaged'),
  config: () => new ConfigError('c.yaml', [{ path: 'x', message: 'y' }]),
  surprise: () => new TypeError('internal detail 4711'),
};

@Controller('things')
class ThingsController {
  constructor(@Inject(SERVICE_CONTEXT) private readonly context: ServiceContext) {}

  @Get()
  list(@Query('q') q?: string): object {
    return { service: this.context.name, q: q ?? null };
  }

  @Post()
  add(@Body() thing: Thing): object {
    return thing;
  }

  @Post('empty')
  empty(@Body() body?: unknown): object {
    return { body: body ?? null };
  }

  @Get('fail/:kind')
  fail(@Param('kind') kind: string): never {
    throw FAILURES[kind]?.() ?? new Error(kind);
  }

  @Get('internal')
  @UseGuards(ServiceTokenGuard)
  internal(): object {
    return { let: 'in' };
  }

  @Get(':digest')
  get(@Param('digest') digest: string): object {
    return { digest };
  }
}

@Module({ controllers: [ThingsController] })
class ProbeModule {}

/** A small service that shows what all services have in common. */
export const probeService: ServiceDefinition = {
  name: 'policy_engine',
  createModule: () => ProbeModule,
  statusDetail: () => ({ enable_package_db_load: true }),
};

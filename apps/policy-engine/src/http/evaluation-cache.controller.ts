import { Body, Controller, Get, HttpCode, Post, UseGuards } from '@nestjs/common';
import { ServiceTokenGuard } from '@kedge/service';
import { createZodDto } from 'nestjs-zod';
import { z } from 'zod';
import { Evaluator } from '../evaluation/evaluator.js';

class CacheStatus extends createZodDto(z.object({ enabled: z.boolean() })) {}

/** Switches the cache of evaluations, for this process until it ends (policy spec 8.1). For other services only. */
@Controller('evaluation_cache/status')
@UseGuards(ServiceTokenGuard)
export class EvaluationCacheController {
  constructor(private readonly evaluator: Evaluator) {}

  @Get()
  status(): CacheStatus {
    return { enabled: this.evaluator.cacheEnabled };
  }

  @Post()
  @HttpCode(200)
  change(@Body() status: CacheStatus): CacheStatus {
    this.evaluator.cacheEnabled = status.enabled;
    return this.status();
  }
}

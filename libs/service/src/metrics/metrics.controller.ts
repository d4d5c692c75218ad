import {
  Controller,
  Get,
  Inject,
  NotFoundException,
  UseGuards,
  type CanActivate,
  type ExecutionContext,
} from '@nestjs/common';
import { Injectable, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { OperatorGuard } from '../auth/operator.guard.js';
import { SERVICE_CONTEXT, type ServiceContext } from '../bootstrap/service-definition.js';
import { metricsSettings } from './metrics-settings.js';

/** 404 unless `metrics.enabled`; then credentials unless `metrics.auth_disabled`. */
@Injectable()
export class MetricsGuard implements CanActivate {
  constructor(
    @Inject(SERVICE_CONTEXT) private readonly context: ServiceContext,
    @Inject(OperatorGuard) private readonly operators: OperatorGuard,
  ) {}

  async canActivate(execution: ExecutionContext): Promise<boolean> {
    const { enabled, authDisabled } = metricsSettings(this.context.config);
    if (!enabled) throw new NotFoundException('metrics are off; metrics.enabled in the configuration turns them on');
    return authDisabled || this.operators.canActivate(execution);
  }
}

@Controller('metrics')
@UseGuards(MetricsGuard)
export class MetricsController {
  constructor(@Inject(SERVICE_CONTEXT) private readonly context: ServiceContext) {}

  /** Prometheus text. */
  @Get()
  async read(@Res() reply: FastifyReply): Promise<void> {
    const { metrics } = this.context;
    await reply.type(metrics.contentType).send(await metrics.metrics());
  }
}

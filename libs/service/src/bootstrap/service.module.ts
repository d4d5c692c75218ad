import { Module, type DynamicModule } from '@nestjs/common';
import { LoggerModule } from 'nestjs-pino';
import { OperatorGuard } from '../auth/operator.guard.js';
import { ServiceTokenGuard } from '../auth/service-token.guard.js';
import { HealthController } from '../health/health.controller.js';
import { SERVICE_STATUS, type ServiceStatus } from '../health/service-status.js';
import { requestLog } from '../logging/request-log.js';
import { MetricsController, MetricsGuard } from '../metrics/metrics.controller.js';
import { SERVICE_CONTEXT, type ServiceContext, type ServiceDefinition } from './service-definition.js';

/** The root module of a service: what all services share, around the module of this one. */
@Module({})
export class ServiceModule {
  static around(definition: ServiceDefinition, context: ServiceContext, status: ServiceStatus): DynamicModule {
    const shared = [
      { provide: SERVICE_CONTEXT, useValue: context },
      { provide: SERVICE_STATUS, useValue: status },
      OperatorGuard,
      ServiceTokenGuard,
    ];
    const log = context.config['enable_access_logging'] !== false;
    return {
      module: ServiceModule,
      global: true,
      imports: [LoggerModule.forRoot(requestLog(context.logger, log)), definition.createModule(context)],
      controllers: [HealthController, MetricsController],
      providers: [...shared, MetricsGuard],
      exports: shared,
    };
  }
}

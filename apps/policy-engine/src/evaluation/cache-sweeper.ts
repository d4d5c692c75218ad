import { Inject, Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { SERVICE_CONTEXT, type ServiceContext } from '@kedge/service';
import { EvaluationCache } from './evaluation-cache.js';

const EVERY_MINUTES = 10;

/** Deletes cached evaluations that are too old, now and then. */
@Injectable()
export class CacheSweeper implements OnApplicationBootstrap, OnModuleDestroy {
  private timer: NodeJS.Timeout | undefined;
  private running: Promise<void> | undefined;

  constructor(
    @Inject(SERVICE_CONTEXT) private readonly context: ServiceContext,
    private readonly cache: EvaluationCache,
  ) {}

  onApplicationBootstrap(): void {
    this.timer = setInterval(() => this.sweep(), EVERY_MINUTES * 60_000);
    this.timer.unref();
  }

  async onModuleDestroy(): Promise<void> {
    clearInterval(this.timer);
    await this.running;
  }

  private sweep(): void {
    this.running ??= this.cache
      .sweep(new Date())
      .catch((error: unknown) => {
        this.context.logger.warn({ reason: (error as Error).message }, 'old evaluations cannot be deleted');
      })
      .finally(() => (this.running = undefined));
  }
}

import { SERVICE_CONTEXT, type ServiceContext } from '@kedge/service';
import {
  Inject,
  Injectable,
  Module,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import { Analyzer } from './analyzer.js';

/** Ties the analyzer to the life of the service. */
@Injectable()
export class AnalyzerLife implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private analyzer: Analyzer | undefined;

  constructor(@Inject(SERVICE_CONTEXT) private readonly context: ServiceContext) {}

  async onApplicationBootstrap(): Promise<void> {
    this.analyzer = await Analyzer.start(this.context);
  }

  /** The service has stopped taking jobs by now. */
  async beforeApplicationShutdown(): Promise<void> {
    await this.analyzer?.close();
  }
}

@Module({ providers: [AnalyzerLife] })
export class AnalyzerModule {}

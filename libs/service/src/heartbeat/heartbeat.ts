import type { Logger } from 'pino';
import type { ServiceStatus } from '../health/service-status.js';
import type { ServiceIdentity, ServiceRegistry } from './service-registry.js';

/** Reports a service every minute, and once more when it stops. */
export class Heartbeat {
  private timer: NodeJS.Timeout | undefined;
  private last: Promise<void> = Promise.resolve();

  constructor(
    private readonly registry: ServiceRegistry,
    private readonly identity: ServiceIdentity,
    private readonly status: ServiceStatus,
    private readonly logger: Logger,
  ) {}

  /** The first report; it must succeed. */
  async start(intervalSeconds: number): Promise<void> {
    const rival = await this.registry.rival(this.identity);
    if (rival !== undefined) {
      this.logger.warn(
        { hostId: this.identity.hostid, other: rival, own: this.identity.baseUrl },
        'another service reports with the same host_id; give each host its own',
      );
    }
    await this.registry.report(this.identity, this.status.document(true));
    this.timer = setInterval(() => {
      this.last = this.beat();
    }, intervalSeconds * 1000);
  }

  /** The service is marked as down. A database that is gone cannot be told; the silence tells. */
  async stop(): Promise<void> {
    clearInterval(this.timer);
    await this.last;
    await this.registry.leave(this.identity, this.status.document(false));
  }

  private async beat(): Promise<void> {
    try {
      await this.registry.report(this.identity, this.status.document(true));
    } catch (error) {
      this.logger.warn({ reason: (error as Error).message }, 'the heartbeat could not be written; trying again');
    }
  }
}

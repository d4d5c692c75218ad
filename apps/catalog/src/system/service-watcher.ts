import { SERVICE_CONTEXT, SILENT_SECONDS, type ServiceContext } from '@kedge/service';
import { Inject, Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import type { EventTypeName } from '../events/event-types.js';
import { EventsService } from '../events/events.service.js';

const PERIOD_MS = 60_000;
const ORPHANED_SECONDS = 3600;
const REMOVED_SECONDS = 86_400;
const SILENCE = 'extract(epoch FROM now())::integer - heartbeat';

const TRANSITIONS: readonly { event: EventTypeName; statement: string }[] = [
  {
    event: 'system.service.state_transition.down',
    statement: `UPDATE services SET status = false, status_message = 'unavailable'
                 WHERE status AND ${SILENCE} > ${SILENT_SECONDS}`,
  },
  {
    event: 'system.service.state_transition.orphaned',
    statement: `UPDATE services SET status_message = 'orphaned'
                 WHERE NOT status AND status_message = 'unavailable' AND ${SILENCE} > ${ORPHANED_SECONDS}`,
  },
  {
    event: 'system.service.removed',
    statement: `DELETE FROM services WHERE NOT status AND ${SILENCE} > ${REMOVED_SECONDS}`,
  },
];

/**
 * Notes services that are not heard of: down after 300 s, orphaned after an hour, removed after a day (api spec 11). Each
 * change is one statement, so of several replicas one sees it and records the event.
 */
@Injectable()
export class ServiceWatcher implements OnApplicationBootstrap, OnModuleDestroy {
  private timer: NodeJS.Timeout | undefined;
  private running: Promise<void> = Promise.resolve();

  constructor(
    @Inject(SERVICE_CONTEXT) private readonly context: ServiceContext,
    private readonly events: EventsService,
  ) {}

  onApplicationBootstrap(): void {
    this.timer = setInterval(() => {
      this.running = this.running.then(() => this.look());
    }, PERIOD_MS);
    this.timer.unref();
  }

  async onModuleDestroy(): Promise<void> {
    clearInterval(this.timer);
    await this.running;
  }

  /** One look at all services. A database that is gone is logged; the next look comes. */
  async look(): Promise<void> {
    try {
      for (const { event, statement } of TRANSITIONS) await this.change(event, statement);
    } catch (error) {
      this.context.logger.warn({ reason: (error as Error).message }, 'services could not be watched; trying again');
    }
  }

  private async change(type: EventTypeName, statement: string): Promise<void> {
    const changed = await this.context.sql.query<{ servicename: string; hostid: string; base_url: string | null }>(
      `${statement} RETURNING servicename, hostid, base_url`,
    );
    for (const { servicename, hostid, base_url } of changed) {
      const details = { servicename, hostid, base_url };
      await this.events.record({ type, account: 'admin', resourceId: base_url ?? hostid, details });
    }
  }
}

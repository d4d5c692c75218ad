import { SERVICE_CONTEXT, type ServiceContext } from '@kedge/service';
import { Inject, Injectable } from '@nestjs/common';
import { hostname } from 'node:os';
import { eventCondition, type EventFilter } from './event-filter.js';
import { eventTypeFacts, type EventTypeName } from './event-types.js';
import { eventView, type EventRow } from './event-view.js';
import type { EventPage, EventView } from './event.dto.js';

/** Something that happened. Level and resource type follow from the type. */
export interface NewEvent {
  type: EventTypeName;
  /** To whom it happened. Events of the installation belong to `admin`. */
  account: string;
  /** E.g. the full tag or the digest that it is about. */
  resourceId: string | null;
  /** Default: what the type says. */
  message?: string;
  details?: Record<string, unknown>;
  requestId?: string;
}

const MAX_DETAIL_CHARACTERS = 100_000;
const DELETE_BATCH = 10_000;

/** Events of accounts: table `events`. */
@Injectable()
export class EventsService {
  constructor(@Inject(SERVICE_CONTEXT) private readonly context: ServiceContext) {}

  /** Writes the event down. */
  async record(event: NewEvent): Promise<void> {
    const { level, resourceType, message } = eventTypeFacts(event.type);
    const details = JSON.stringify(event.details ?? {});
    const { config, name } = this.context;
    await this.context.sql.query(
      `INSERT INTO events (resource_user_id, resource_id, resource_type, source_servicename, source_hostid,
         source_request_id, type, level, message, details, "timestamp", created_at)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, now(), extract(epoch FROM now())::integer)`,
      [
        event.account,
        event.resourceId,
        resourceType,
        name,
        config.host_id ?? hostname(),
        event.requestId ?? null,
        event.type,
        level,
        event.message ?? message,
        details.length > MAX_DETAIL_CHARACTERS ? JSON.stringify({ msg: 'details were too long' }) : details,
      ],
    );
  }

  /** One page, newest first. `limit` rows a page, pages count from 1. */
  async list(account: string, filter: EventFilter, paging: { page: number; limit: number }): Promise<EventPage> {
    const parameters: unknown[] = [account];
    const condition = eventCondition(filter, parameters);
    const { page, limit } = paging;
    const rows = await this.context.sql.query<EventRow>(
      `SELECT * FROM events WHERE resource_user_id = $1${condition}
        ORDER BY "timestamp" DESC, generated_uuid LIMIT ${limit + 1} OFFSET ${(page - 1) * limit}`,
      parameters,
    );
    const results = rows.slice(0, limit).map(eventView);
    return { results, next_page: rows.length > limit, item_count: results.length, page };
  }

  async find(account: string, id: string): Promise<EventView | undefined> {
    const [row] = await this.context.sql.query<EventRow>(
      `SELECT * FROM events WHERE resource_user_id = $1 AND generated_uuid = $2`,
      [account, id],
    );
    return row && eventView(row);
  }

  async delete(account: string, id: string): Promise<boolean> {
    const rows = await this.context.sql.query(
      `DELETE FROM events WHERE resource_user_id = $1 AND generated_uuid = $2 RETURNING generated_uuid`,
      [account, id],
    );
    return rows.length > 0;
  }

  /** Deletes up to 10000 events, oldest first. Their identifiers. */
  async deleteMatching(account: string, filter: EventFilter): Promise<string[]> {
    const parameters: unknown[] = [account];
    const condition = eventCondition(filter, parameters);
    const rows = await this.context.sql.query<{ generated_uuid: string }>(
      `DELETE FROM events WHERE generated_uuid IN (
         SELECT generated_uuid FROM events WHERE resource_user_id = $1${condition}
          ORDER BY "timestamp" LIMIT ${DELETE_BATCH})
       RETURNING generated_uuid`,
      parameters,
    );
    return rows.map((row) => row.generated_uuid.replaceAll('-', ''));
  }
}

import { preciseTimestamp } from '../wire/timestamp.js';
import type { EventView } from './event.dto.js';

/** A row of `events`. */
export interface EventRow {
  generated_uuid: string;
  resource_user_id: string | null;
  resource_id: string | null;
  resource_type: string | null;
  source_servicename: string;
  source_hostid: string;
  source_base_url: string | null;
  source_request_id: string | null;
  type: string;
  level: string;
  message: string | null;
  details: string | null;
  timestamp: Date;
  created_at: number;
}

/** The event as the API shows it (api spec 3.10). The identifier goes out as 32 hex digits, as clients know it. */
export function eventView(row: EventRow): EventView {
  return {
    generated_uuid: row.generated_uuid.replaceAll('-', ''),
    created_at: preciseTimestamp(new Date(row.created_at * 1000)),
    event: {
      timestamp: preciseTimestamp(row.timestamp),
      level: row.level,
      type: row.type,
      message: row.message,
      details: parseDetails(row.details),
      resource: { user_id: row.resource_user_id, type: row.resource_type, id: row.resource_id },
      source: {
        servicename: row.source_servicename,
        hostid: row.source_hostid,
        base_url: row.source_base_url,
        request_id: row.source_request_id,
      },
    },
  };
}

/** Details are always an object; text that is none is wrapped. */
function parseDetails(text: string | null): Record<string, unknown> {
  if (text === null || text === '') return {};
  try {
    const value: unknown = JSON.parse(text);
    if (value !== null && typeof value === 'object' && !Array.isArray(value)) return value as Record<string, unknown>;
    return { msg: value };
  } catch {
    return { msg: text }; // written by the old system as plain text
  }
}

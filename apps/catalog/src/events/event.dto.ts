import { createZodDto } from 'nestjs-zod';
import { z } from 'zod';

const event = z.object({
  generated_uuid: z.string(),
  created_at: z.string(),
  event: z.object({
    timestamp: z.string(),
    level: z.string(),
    type: z.string(),
    message: z.string().nullable(),
    details: z.record(z.string(), z.unknown()),
    resource: z.object({ user_id: z.string().nullable(), type: z.string().nullable(), id: z.string().nullable() }),
    source: z.object({
      servicename: z.string(),
      hostid: z.string(),
      base_url: z.string().nullable(),
      request_id: z.string().nullable(),
    }),
  }),
});

/** An event as the API shows it (api spec 3.10). */
export class EventView extends createZodDto(event) {}

/** A page of events, newest first. */
export class EventPage extends createZodDto(
  z.object({ results: z.array(event), next_page: z.boolean(), item_count: z.int(), page: z.int() }),
) {}

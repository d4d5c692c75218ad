import { createZodDto } from 'nestjs-zod';
import { z } from 'zod';

const service = z.object({
  hostid: z.string(),
  servicename: z.string(),
  /** Prefix of the API, not the version of the software: that is in `service_detail`. */
  version: z.string(),
  base_url: z.string().nullable(),
  status: z.boolean(),
  status_message: z.string().nullable(),
  service_detail: z.object({
    available: z.boolean(),
    busy: z.boolean(),
    up: z.boolean(),
    message: z.string(),
    detail: z.record(z.string(), z.unknown()),
    version: z.string(),
    db_version: z.string(),
  }),
});

/** A service as the API shows it (api spec 3.13). */
export class ServiceView extends createZodDto(service) {}

export class SystemStatus extends createZodDto(z.object({ service_states: z.array(service) })) {}

import { ApiError, SERVICE_CONTEXT, type ServiceContext } from '@kedge/service';
import { Inject, Injectable } from '@nestjs/common';
import { CATALOG_ALIASES, serviceViews, type ServiceRow } from './service-view.js';
import type { ServiceView } from './service.dto.js';

const MAX_LISTED = 1000;

/** The services that have reported: table `services`. */
@Injectable()
export class ServicesService {
  constructor(@Inject(SERVICE_CONTEXT) private readonly context: ServiceContext) {}

  async list(filter: { servicename?: string; hostid?: string } = {}): Promise<ServiceView[]> {
    const rows = await this.context.sql.query<ServiceRow>(
      `SELECT hostid, servicename, version, base_url, short_description, status, status_message,
              extract(epoch FROM now())::integer - heartbeat AS silence
         FROM services ORDER BY servicename, hostid LIMIT ${MAX_LISTED}`,
    );
    return rows
      .flatMap(serviceViews)
      .filter((view) => filter.servicename === undefined || view.servicename === filter.servicename)
      .filter((view) => filter.hostid === undefined || view.hostid === filter.hostid);
  }

  /** Deletes the record of a service that is down. @throws ApiError 404; 409 while it is up. */
  async delete(servicename: string, hostid: string): Promise<void> {
    const [view] = await this.list({ servicename, hostid });
    if (!view) throw new ApiError(404, `service ${servicename} on host ${hostid} not found`);
    if (view.status) throw new ApiError(409, `service ${servicename} on host ${hostid} is up; stop it first`);
    if (CATALOG_ALIASES.includes(servicename)) {
      throw new ApiError(409, `${servicename} is part of catalog; delete the service catalog on host ${hostid}`);
    }
    await this.context.sql.query(
      `DELETE FROM services WHERE servicename = $1 AND hostid = $2 AND NOT (
        status AND heartbeat > extract(epoch FROM now())::integer - 300)`,
      [servicename, hostid],
    );
  }
}

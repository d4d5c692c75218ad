import type { ServiceName } from '@kedge/config';
import type { Sql } from '@kedge/database';
import type { StatusDocument } from '../health/service-status.js';

/** A service that is silent for longer counts as down (API spec 11). */
export const SILENT_SECONDS = 300;

/** Who reports. */
export interface ServiceIdentity {
  hostid: string;
  servicename: ServiceName;
  baseUrl: string;
}

/** The table `services`: which services run, where, and when they were last heard of. */
export class ServiceRegistry {
  constructor(private readonly sql: Pick<Sql, 'query'>) {}

  /** Writes the service's row: it is up. */
  async report({ hostid, servicename, baseUrl }: ServiceIdentity, status: StatusDocument): Promise<void> {
    await this.sql.query(
      `INSERT INTO services (hostid, servicename, type, version, base_url, short_description, status, status_message,
                             heartbeat, created_at, last_updated)
       SELECT $1, $2, 'anchore', 'v1', $3, $4, true, 'available', now.now, now.now, now.now
       FROM (SELECT extract(epoch FROM now())::integer AS now) AS now
       ON CONFLICT (hostid, servicename) DO UPDATE SET
         version = EXCLUDED.version, base_url = EXCLUDED.base_url, short_description = EXCLUDED.short_description,
         status = true, status_message = EXCLUDED.status_message, heartbeat = EXCLUDED.heartbeat,
         last_updated = EXCLUDED.last_updated`,
      [hostid, servicename, baseUrl, JSON.stringify(status)],
    );
  }

  /** Marks the service as down, unless another one has taken its row meanwhile. */
  async leave({ hostid, servicename, baseUrl }: ServiceIdentity, status: StatusDocument): Promise<void> {
    await this.sql.query(
      `UPDATE services SET status = false, status_message = 'stopped', short_description = $4,
              last_updated = extract(epoch FROM now())::integer
       WHERE hostid = $1 AND servicename = $2 AND base_url = $3`,
      [hostid, servicename, baseUrl, JSON.stringify(status)],
    );
  }

  /** URL of another service that reports under the same name and host now: the two would overwrite each other's row. */
  async rival({ hostid, servicename, baseUrl }: ServiceIdentity): Promise<string | undefined> {
    const [row] = await this.sql.query<{ base_url: string }>(
      `SELECT base_url FROM services
       WHERE hostid = $1 AND servicename = $2 AND base_url <> $3 AND status AND heartbeat > ${oldest('$4')}`,
      [hostid, servicename, baseUrl, 120],
    );
    return row?.base_url;
  }

  /** URL of the service of that name that was heard of last; undefined when none is up. */
  async find(servicename: ServiceName): Promise<string | undefined> {
    const [row] = await this.sql.query<{ base_url: string }>(
      `SELECT base_url FROM services
       WHERE servicename = $1 AND status AND base_url IS NOT NULL AND heartbeat > ${oldest('$2')}
       ORDER BY heartbeat DESC LIMIT 1`,
      [servicename, SILENT_SECONDS],
    );
    return row?.base_url;
  }
}

function oldest(parameter: string): string {
  return `extract(epoch FROM now())::integer - ${parameter}::integer`;
}

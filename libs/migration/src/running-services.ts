import type { Sql } from '@kedge/database';
import { MigrationError } from './errors.js';

/** Services say that they live every minute; one that was heard of within two and a half may be running. */
const FRESH_SECONDS = 150;

/** @throws MigrationError `services_running`, naming them */
export async function requireServicesStopped(sql: Sql): Promise<void> {
  const rows = await sql.query<{ servicename: string; hostid: string; age: number }>(
    `SELECT servicename, hostid, extract(epoch FROM now())::integer - heartbeat AS age FROM services
     WHERE status AND heartbeat > extract(epoch FROM now())::integer - $1 ORDER BY servicename, hostid LIMIT 10`,
    [FRESH_SECONDS],
  );
  if (rows.length === 0) return;
  const list = rows.map(({ servicename, hostid, age }) => `${servicename} on ${hostid} (${age} s ago)`).join(', ');
  throw new MigrationError(
    'services_running',
    `services seem to be running: ${list}; stop them, or use --force when these are known to be dead`,
  );
}

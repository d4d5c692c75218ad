import { SILENT_SECONDS, type StatusDocument } from '@kedge/service';
import type { ServiceView } from './service.dto.js';

/** A row of `services`, with the seconds since it was heard of. */
export interface ServiceRow {
  hostid: string;
  servicename: string;
  version: string | null;
  base_url: string | null;
  short_description: string | null;
  status: boolean;
  status_message: string | null;
  silence: number;
}

/** Services of the old system whose work the catalog does. Clients wait until all of its services are up. */
export const CATALOG_ALIASES = ['apiext', 'simplequeue'];

/** The row as the API shows it; a catalog also stands for the services that it took the place of. */
export function serviceViews(row: ServiceRow): ServiceView[] {
  const view = serviceView(row);
  if (row.servicename !== 'catalog') return [view];
  return [view, ...CATALOG_ALIASES.map((servicename) => ({ ...view, servicename }))];
}

function serviceView(row: ServiceRow): ServiceView {
  const { hostid, servicename, base_url } = row;
  const known = { hostid, servicename, version: row.version ?? 'v1', base_url };
  if (row.silence <= SILENT_SECONDS) {
    return {
      ...known,
      status: row.status,
      status_message: row.status_message,
      service_detail: readDocument(row.short_description) ?? silent(`${servicename} reported nothing about itself`),
    };
  }
  return {
    ...known,
    status: false,
    status_message: row.status ? 'unavailable' : row.status_message,
    service_detail: silent(`no heartbeat from ${servicename} for ${row.silence} seconds`),
  };
}

function silent(message: string): StatusDocument {
  const unknown = { version: 'unknown', db_version: 'unknown' };
  return { available: false, busy: false, up: false, message, detail: {}, ...unknown };
}

/** What the service wrote about itself at its last heartbeat. */
function readDocument(text: string | null): StatusDocument | undefined {
  if (text === null) return undefined;
  try {
    const value = JSON.parse(text) as StatusDocument | null;
    return typeof value?.up === 'boolean' ? value : undefined;
  } catch {
    return undefined; // written by another program: the answer says that nothing is known
  }
}

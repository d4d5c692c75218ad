import type { KedgeConfig, ServiceSettings } from '@kedge/config';
import { hostname } from 'node:os';

const LOOPBACK = /^(127\.|::1$|localhost$)/;

/** The name of this host in the table `services`: `host_id`, else the machine's name. */
export function hostId(config: KedgeConfig): string {
  return config.host_id ?? hostname();
}

/**
 * The URL under which others reach a service: `external_*` of the configuration, else `endpoint_hostname` and the port it
 * listens on. Without a name it is the machine's, or the loopback address when the service listens only there.
 */
export function serviceAddress(settings: ServiceSettings, listen: string, port: number, tls: boolean): string {
  const scheme = (settings.external_tls ?? tls) ? 'https' : 'http';
  const host =
    settings.external_hostname ?? settings.endpoint_hostname ?? (LOOPBACK.test(listen) ? listen : hostname());
  return `${scheme}://${host.includes(':') ? `[${host}]` : host}:${settings.external_port ?? port}`;
}

import { badAnswer } from './login-failure.js';
import type { EndpointChoice } from './login.js';

/** One endpoint of Keystone's catalog, whatever its version. */
export interface CatalogEndpoint {
  type: string | undefined;
  interface: string | undefined;
  region: string | undefined;
  url: string | undefined;
}

/** The url of the object store. @throws StorageError invalid_config that says what there is instead. */
export function pickEndpoint(loginUrl: string, endpoints: CatalogEndpoint[], choice: EndpointChoice): string {
  const ofType = endpoints.filter((one) => one.url && one.type === choice.serviceType);
  const found = ofType.find(
    (one) => one.interface === choice.interface && (choice.region === undefined || one.region === choice.region),
  );
  if (found?.url) return found.url.replace(/\/+$/, '');
  const there = [...new Set(ofType.map((one) => `${one.interface ?? '?'} in ${one.region ?? 'no region'}`))].join(', ');
  const region = choice.region === undefined ? '' : ` in region "${choice.region}"`;
  throw badAnswer(
    loginUrl,
    `knows no ${choice.interface} endpoint of a service "${choice.serviceType}"${region} (${there || 'none at all'}); check os_region_name, os_endpoint_type, os_service_type and the rights on the project`,
  );
}

/** @throws StorageError invalid_config when it is no JSON */
export function parseAnswer<T>(loginUrl: string, text: string): T {
  try {
    return JSON.parse(text) as T;
  } catch {
    throw badAnswer(loginUrl, 'did not answer in JSON; is it the url of Keystone?');
  }
}

import type { ServiceName } from '@kedge/config';
import { UsageError } from '@kedge/service/program';

/** All services in the order in which they start: the catalog comes first, because it makes the accounts. */
export const SERVICE_NAMES: readonly ServiceName[] = ['catalog', 'policy_engine', 'analyzer'];

/** Other spellings: with a dash, and the names of the old tool, whose API and queue are parts of the catalog here. */
const ALIASES: Readonly<Record<string, ServiceName>> = {
  'policy-engine': 'policy_engine',
  'anchore-catalog': 'catalog',
  'anchore-policy-engine': 'policy_engine',
  'anchore-worker': 'analyzer',
  apiext: 'catalog',
  'anchore-api': 'catalog',
  simplequeue: 'catalog',
  'anchore-simplequeue': 'catalog',
};

/** The services of these names, each once, in the order in which they start. @throws UsageError */
export function serviceNames(given: readonly string[]): ServiceName[] {
  const wanted = new Set<string>(given.map((name) => ALIASES[name] ?? name));
  const unknown = [...wanted].filter((name) => !SERVICE_NAMES.some((known) => known === name));
  if (unknown.length > 0) {
    throw new UsageError(`there is no service ${unknown.join(', ')}; services: ${SERVICE_NAMES.join(', ')}`);
  }
  return SERVICE_NAMES.filter((name) => wanted.has(name));
}

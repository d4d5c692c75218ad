import { analyzer } from '@kedge/analyzer';
import { catalogService } from '@kedge/catalog';
import { policyEngine } from '@kedge/policy-engine';
import type { ServiceName } from '@kedge/config';
import { UsageError, type ServiceDefinition } from '@kedge/service';

/** All services. The catalog comes first, because it makes the accounts. */
export const SERVICES: readonly ServiceDefinition[] = [catalogService, policyEngine, analyzer];

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
export function servicesNamed(names: readonly string[]): ServiceDefinition[] {
  const wanted = new Set<string>(names.map((name) => ALIASES[name] ?? name));
  const unknown = [...wanted].filter((name) => !SERVICES.some((service) => service.name === name));
  if (unknown.length > 0) {
    const known = SERVICES.map((service) => service.name).join(', ');
    throw new UsageError(`there is no service ${unknown.join(', ')}; services: ${known}`);
  }
  return SERVICES.filter((service) => wanted.has(service.name));
}

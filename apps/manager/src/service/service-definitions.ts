import { analyzer } from '@kedge/analyzer';
import { catalogService } from '@kedge/catalog';
import { policyEngine } from '@kedge/policy-engine';
import type { ServiceDefinition } from '@kedge/service';

/** All services, in the order of SERVICE_NAMES. To import this loads them all, which takes a second. */
export const SERVICES: readonly ServiceDefinition[] = [catalogService, policyEngine, analyzer];

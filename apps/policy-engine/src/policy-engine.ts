import type { ServiceDefinition } from '@kedge/service';
import { PolicyEngineModule } from './policy-engine.module.js';
import { engineSettings } from './settings.js';

/** The policy engine: knows what images hold and judges them. */
export const policyEngine: ServiceDefinition = {
  name: 'policy_engine',
  createModule: (context) => PolicyEngineModule.for(context),
  // Several policy engines may have different settings by mistake; this shows it.
  statusDetail: ({ config }) => ({ enable_package_db_load: engineSettings(config).packageDb }),
};

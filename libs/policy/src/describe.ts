import { gates } from './gates/index.js';
import type { LifecycleState, Trigger } from './gates/gate.js';
import type { ValidatorDescription } from './parameters/index.js';

export interface ParameterDescription {
  name: string;
  description: string;
  example: string | null;
  required: boolean;
  state: LifecycleState;
  superceded_by: string | null;
  validator: ValidatorDescription;
}

export interface TriggerDescription {
  name: string;
  description: string;
  state: LifecycleState;
  superceded_by: string | null;
  parameters: ParameterDescription[];
}

export interface GateDescription {
  name: string;
  description: string;
  state: LifecycleState;
  superceded_by: string | null;
  triggers: TriggerDescription[];
}

/**
 * Body of `GET /policy_spec` (policy spec 4.1), made of the declarations that evaluation uses. Triggers that are switched
 * off stay in it, because clients show stored policies with it; their description says why they cannot be used.
 */
export function describeGates({ packageDbLoad = true } = {}): GateDescription[] {
  return gates.map((gate) => ({
    name: gate.name,
    description: gate.description,
    state: gate.state,
    superceded_by: gate.supersededBy,
    triggers: gate.triggers.map((trigger) => describeTrigger(trigger, packageDbLoad)),
  }));
}

function describeTrigger(trigger: Trigger, packageDbLoad: boolean): TriggerDescription {
  const off = trigger.needsPackageDb && !packageDbLoad;
  const note = ' (not available: enable_package_db_load is false on this policy engine)';
  return {
    name: trigger.name,
    description: off ? trigger.description + note : trigger.description,
    state: trigger.state,
    superceded_by: trigger.supersededBy,
    parameters: Object.entries(trigger.parameters).map(([name, parameter]) => ({
      name,
      description: parameter.description,
      example: parameter.example,
      required: parameter.required,
      state: 'active',
      superceded_by: null,
      validator: parameter.type.validator,
    })),
  };
}

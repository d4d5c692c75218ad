// Bundles for the policy bench.
import { createRequire } from 'node:module';

const require = createRequire(new URL('../../apps/policy-engine/package.json', import.meta.url));
const { DEFAULT_BUNDLE, describeGates } = require('@kedge/policy');

/** Values of parameters whose description has no example that goes with the others. */
const EXAMPLES = { 'metadata.attribute': { value: '1073741824' } };

/** A bundle with a rule for every trigger, with the examples that the triggers give for their parameters. */
export function everyTrigger() {
  const rules = describeGates()
    .filter(({ state }) => state === 'active')
    .flatMap((gate) =>
      gate.triggers.map((trigger) => {
        const id = `${gate.name}.${trigger.name}`;
        const required = trigger.parameters.filter((parameter) => parameter.required);
        const values = {
          ...Object.fromEntries(required.map(({ name, example }) => [name, String(example)])),
          ...EXAMPLES[id],
        };
        const params = Object.entries(values).map(([name, value]) => ({ name, value }));
        return { id, gate: gate.name, trigger: trigger.name, action: 'WARN', params };
      }),
    );
  return { ...structuredClone(DEFAULT_BUNDLE), id: 'every', policies: [{ ...DEFAULT_BUNDLE.policies[0], rules }] };
}

const RULE = { id: 'r', gate: 'files', trigger: 'name_match', action: 'STOP' };
const ITEMS = 2669;
export const FINDINGS = 300;

/** What is known of the old system's worst case: 300 findings against an allowlist of 2,669 items, of which few apply. */
export function largeAllowlist() {
  const policy = DEFAULT_BUNDLE.policies[0];
  const params = [{ name: 'regex', value: String.raw`/var/cache/application/\d+/entry-[12]?\d?\d$` }];
  const items = Array.from({ length: ITEMS }, (_item, number) => ({
    ...{ id: `i${number}`, gate: 'files' },
    trigger_id:
      number % 3 === 0 ? `CVE-2020-${number}+*` : number % 3 === 1 ? `*+package-${number}` : `CVE-${number}+lib`,
  }));
  const allowlist = { id: 'large', version: '1_0', name: 'large', items };
  return {
    ...structuredClone(DEFAULT_BUNDLE),
    ...{ id: 'large-allowlist', policies: [{ ...policy, rules: [{ ...RULE, params }] }], whitelists: [allowlist] },
    mappings: DEFAULT_BUNDLE.mappings.map((mapping) => ({ ...mapping, whitelist_ids: [allowlist.id] })),
  };
}

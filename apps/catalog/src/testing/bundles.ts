/** A bundle whose only rule always fires with this action. */
export function bundleOf(id: string, action: 'GO' | 'WARN' | 'STOP', more: Record<string, unknown> = {}) {
  return {
    id,
    version: '1_0',
    name: `Bundle ${id}`,
    policies: [
      {
        id: 'p',
        version: '1_0',
        name: 'p',
        rules: [{ id: 'r', gate: 'always', trigger: 'always', action, params: [] }],
      },
    ],
    whitelists: [],
    mappings: [
      {
        id: 'm',
        name: 'all',
        registry: '*',
        repository: '*',
        image: { type: 'tag', value: '*' },
        policy_ids: ['p'],
        whitelist_ids: [],
      },
    ],
    ...more,
  };
}

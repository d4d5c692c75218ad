import type { Bundle } from './bundle/schema.js';

const POLICY_ID = '48e6f7d6-1765-11e8-b5f9-8b6f228548b6';
const ALLOWLIST_ID = '37fd763e-1765-11e8-add4-3b16c029ac5c';

/** The bundle that every new account starts with. */
export const DEFAULT_BUNDLE: Bundle = {
  id: '2c53a13c-1765-11e8-82ef-23527761d060',
  version: '1_0',
  name: 'Default bundle',
  comment: 'Refuses images that expose SSH or have serious vulnerabilities, and warns of lesser ones and of stale data',
  policies: [
    {
      id: POLICY_ID,
      version: '1_0',
      name: 'DefaultPolicy',
      comment: 'Sensible rules for any image',
      rules: [
        {
          id: 'ce7b8000-829b-4c27-8122-69cd59018400',
          gate: 'dockerfile',
          trigger: 'exposed_ports',
          action: 'STOP',
          params: [
            { name: 'ports', value: '22' },
            { name: 'type', value: 'blacklist' },
          ],
        },
        {
          id: '312d9e41-1c05-4e2f-ad89-b7d34b0855bb',
          gate: 'dockerfile',
          trigger: 'instruction',
          action: 'WARN',
          params: [
            { name: 'instruction', value: 'HEALTHCHECK' },
            { name: 'check', value: 'not_exists' },
          ],
        },
        {
          id: '6b5c14e7-a6f7-48cc-99d2-959273a2c6fa',
          gate: 'vulnerabilities',
          trigger: 'stale_feed_data',
          action: 'WARN',
          params: [{ name: 'max_days_since_sync', value: '2' }],
        },
        {
          id: '3e79ea94-18c4-4d26-9e29-3b9172a62c2e',
          gate: 'vulnerabilities',
          trigger: 'vulnerability_data_unavailable',
          action: 'WARN',
          params: [],
        },
        {
          id: '6063fdde-b1c5-46af-973a-915739451ac4',
          gate: 'vulnerabilities',
          trigger: 'package',
          action: 'WARN',
          params: [
            { name: 'package_type', value: 'all' },
            { name: 'severity_comparison', value: '=' },
            { name: 'severity', value: 'medium' },
          ],
        },
        {
          id: 'b30e8abc-444f-45b1-8a37-55be1b8c8bb5',
          gate: 'vulnerabilities',
          trigger: 'package',
          action: 'STOP',
          params: [
            { name: 'package_type', value: 'all' },
            { name: 'severity_comparison', value: '>' },
            { name: 'severity', value: 'medium' },
          ],
        },
      ],
    },
  ],
  whitelists: [{ id: ALLOWLIST_ID, version: '1_0', name: 'Global allowlist', comment: '', items: [] }],
  mappings: [
    {
      id: 'c4f9bf74-dc38-4ddf-b5cf-00e9c0074611',
      name: 'default',
      registry: '*',
      repository: '*',
      image: { type: 'tag', value: '*' },
      policy_ids: [POLICY_ID],
      whitelist_ids: [ALLOWLIST_ID],
    },
  ],
  whitelisted_images: [],
  blacklisted_images: [],
};

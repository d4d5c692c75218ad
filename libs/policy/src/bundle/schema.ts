/** The only version of bundles, policies and allowlists. */
export const SUPPORTED_VERSION = '1_0';

/** Keys that these types do not name are kept and given back. */
interface Open {
  [key: string]: unknown;
}

export interface RuleParameter extends Open {
  name: string;
  value: string;
}

export interface Rule extends Open {
  id?: string | null;
  gate: string;
  trigger: string;
  action: 'GO' | 'WARN' | 'STOP';
  params?: RuleParameter[] | null;
}

export interface Policy extends Open {
  id: string;
  version: string;
  name?: string | null;
  comment?: string | null;
  rules: Rule[];
}

export interface AllowlistItem extends Open {
  id?: string | null;
  gate: string;
  trigger_id: string;
  /** `2031-01-01T00:00:00Z`; absent for never. */
  expires_on?: string | null;
}

export interface Allowlist extends Open {
  id: string;
  version: string;
  name?: string | null;
  comment?: string | null;
  items: AllowlistItem[];
}

/** Entry of an image list. Registry, repository and tag are patterns (policy spec 3.2). */
export interface ImageRule extends Open {
  id?: string | null;
  name: string;
  registry: string;
  repository: string;
  image: { type: 'tag' | 'digest' | 'id'; value: string };
}

/** Says which policies and allowlists apply to which images; has either `policy_id` or `policy_ids`. */
export interface MappingRule extends ImageRule {
  policy_id?: string | null;
  policy_ids?: string[] | null;
  whitelist_ids: string[];
}

/** A policy bundle, schema `1_0` (policy spec 3.1). */
export interface Bundle extends Open {
  id: string;
  version: string;
  name?: string | null;
  comment?: string | null;
  policies: Policy[];
  mappings: MappingRule[];
  whitelists?: Allowlist[] | null;
  whitelisted_images?: ImageRule[] | null;
  blacklisted_images?: ImageRule[] | null;
}

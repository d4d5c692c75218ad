import { z } from 'zod';

/** What an image part of a mapping or image list names. */
export const IMAGE_REFERENCE_TYPES = ['tag', 'digest', 'id'] as const;

/** Actions of a rule, as bundles write them. */
export const RULE_ACTIONS = ['GO', 'WARN', 'STOP'] as const;

const text = z.string();

// Values are checked by the parameter's own type, which says more about them.
const parameter = z.looseObject({ name: text, value: z.unknown() });

const rule = z.looseObject({
  id: text.nullish(),
  gate: text,
  trigger: text,
  action: z.enum(RULE_ACTIONS),
  params: z.array(parameter).nullish(),
});

const policy = z.looseObject({
  id: text,
  version: text,
  name: text.nullish(),
  comment: text.nullish(),
  rules: z.array(rule),
});

const allowlistItem = z.looseObject({
  id: text.nullish(),
  gate: text,
  trigger_id: text,
  expires_on: text.nullish(),
});

const allowlist = z.looseObject({
  id: text,
  version: text,
  name: text.nullish(),
  comment: text.nullish(),
  items: z.array(allowlistItem),
});

const imageReference = z.looseObject({ type: z.enum(IMAGE_REFERENCE_TYPES), value: text });

const imageRule = z.looseObject({
  id: text.nullish(),
  name: text,
  registry: text,
  repository: text,
  image: imageReference,
});

const mapping = imageRule.extend({
  policy_id: text.nullish(),
  policy_ids: z.array(text).nullish(),
  whitelist_ids: z.array(text),
});

/** Shape of a policy bundle, schema `1_0`. Keys that it does not name are kept. */
export const bundleSchema = z.looseObject({
  id: text,
  version: text,
  name: text.nullish(),
  comment: text.nullish(),
  policies: z.array(policy),
  mappings: z.array(mapping),
  whitelists: z.array(allowlist).nullish(),
  whitelisted_images: z.array(imageRule).nullish(),
  blacklisted_images: z.array(imageRule).nullish(),
});

/** A policy bundle, schema `1_0` (policy spec 3.1). */
export type Bundle = z.infer<typeof bundleSchema>;
export type Policy = z.infer<typeof policy>;
export type Rule = z.infer<typeof rule>;
export type RuleParameter = z.infer<typeof parameter>;
export type Allowlist = z.infer<typeof allowlist>;
export type AllowlistItem = z.infer<typeof allowlistItem>;
export type ImageRule = z.infer<typeof imageRule>;
export type MappingRule = z.infer<typeof mapping>;

/** The only version of bundles, policies and allowlists. */
export const SUPPORTED_VERSION = '1_0';

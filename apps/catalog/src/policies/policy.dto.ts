import { createZodDto } from 'nestjs-zod';
import { z } from 'zod';
import { storableText } from '../wire/storable-text.js';

/** `policies` and the like: the policy engine looks inside and reports every fault at once. */
const parts = z.array(z.record(z.string(), z.unknown()));

const bundle = z.looseObject({
  id: storableText({ min: 1, max: 512 }),
  version: z.string(),
  name: z.string().nullish(),
  description: z.string().nullish(),
  policies: parts,
  mappings: parts,
  whitelists: parts.nullish(),
  whitelisted_images: parts.nullish(),
  blacklisted_images: parts.nullish(),
});

const update = z.looseObject({ policyId: z.string(), active: z.boolean().nullish(), policybundle: bundle });

/** A policy bundle as its author wrote it; keys that are not named here are kept. */
export class PolicyBundle extends createZodDto(bundle) {}

/** The same as plain type, for a parameter that must not be parsed again. */
export type CheckedBundle = z.output<typeof bundle>;

/** Body of `PUT /policies/{policyId}`: the record that `GET` answered, changed. */
export class PolicyUpdate extends createZodDto(update) {}

/** The same as plain type. */
export type CheckedUpdate = z.output<typeof update>;

/** Where the bundle is kept. `content_url` names the object, not the place of its bytes. */
const meta = z.object({
  bucket: z.string(),
  archiveId: z.string(),
  content_url: z.string(),
  digest: z.string().nullable(),
  is_compressed: z.boolean(),
  size: z.int(),
});

/** A policy bundle of an account (api spec 3.5). Without details the last two are `{}`. */
export class PolicyRecordView extends createZodDto(
  z.object({
    policyId: z.string(),
    userId: z.string(),
    active: z.boolean(),
    policy_source: z.string(),
    name: z.string().optional(),
    description: z.string().optional(),
    created_at: z.string(),
    last_updated: z.string(),
    policybundle: z.record(z.string(), z.unknown()),
    policybundlemeta: z.union([meta, z.object({})]).optional(),
  }),
) {}

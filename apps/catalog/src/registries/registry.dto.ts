import { createZodDto } from 'nestjs-zod';
import { z } from 'zod';
import { storableText } from '../wire/storable-text.js';

const text = storableText({ max: 4096 });

/** Body of `POST` and `PUT` of registries. `registry` is a host, `host/repository`, or a prefix that ends in `*`. */
export class RegistryRequest extends createZodDto(
  z.looseObject({
    registry: storableText({ min: 1, max: 1024 }),
    registry_user: text.nullish(),
    registry_pass: text.nullish(),
    registry_type: z.enum(['docker_v2', 'awsecr']).nullish(),
    registry_verify: z.boolean().nullish(),
    registry_name: storableText({ max: 1024 }).nullish(),
  }),
) {}

/** A registry login as the API shows it (api spec 3.12): without the password. */
export class RegistryView extends createZodDto(
  z.object({
    registry: z.string(),
    registry_name: z.string().nullable(),
    registry_user: z.string().nullable(),
    registry_type: z.string(),
    registry_verify: z.boolean(),
    userId: z.string(),
    created_at: z.string(),
    last_updated: z.string(),
  }),
) {}

import { createZodDto } from 'nestjs-zod';
import { z } from 'zod';
import { storableText } from '../wire/storable-text.js';
import { SUBSCRIPTION_TYPES } from './subscription-types.js';

const key = storableText({ min: 1, max: 1024 });
const type = z.enum(SUBSCRIPTION_TYPES);
const value = storableText({ max: 1_000_000 }).nullable();

/** Body of `POST /subscriptions`. `subscription_value` is text; what it holds depends on the type. */
export class SubscriptionRequest extends createZodDto(
  z.looseObject({
    subscription_key: key,
    subscription_type: type,
    subscription_value: value.optional(),
    active: z.boolean().nullish(),
  }),
) {}

/** Body of `PUT /subscriptions/{id}`: what it names is changed. */
export class SubscriptionUpdate extends createZodDto(
  z.looseObject({
    subscription_key: key.optional(),
    subscription_type: type.optional(),
    subscription_value: value.optional(),
    active: z.boolean().optional(),
  }),
) {}

/** A subscription as the API shows it (api spec 3.4). Times are seconds since 1970. */
export class SubscriptionView extends createZodDto(
  z.object({
    subscription_id: z.string(),
    userId: z.string(),
    subscription_type: z.string(),
    subscription_key: z.string(),
    subscription_value: z.string().nullable(),
    active: z.boolean(),
    created_at: z.int(),
    last_updated: z.int(),
  }),
) {}

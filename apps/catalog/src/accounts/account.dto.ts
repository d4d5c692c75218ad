import { createZodDto } from 'nestjs-zod';
import { z } from 'zod';
import { storableText } from '../wire/storable-text.js';
import { nameSchema, passwordSchema } from './account-rules.js';

const states = z.enum(['enabled', 'disabled', 'deleting']);
const email = storableText({ max: 1024 });

/** Body of `POST /accounts`. */
export class AccountCreationRequest extends createZodDto(z.looseObject({ name: nameSchema, email: email.nullish() })) {}

/** Body of `PUT /accounts/{name}/state`, and its answer. */
export class AccountState extends createZodDto(z.looseObject({ state: states })) {}

/** Body of `POST /accounts/{name}/users`. */
export class UserCreationRequest extends createZodDto(
  z.looseObject({ username: nameSchema, password: passwordSchema }),
) {}

/** Body of the credential routes. */
export class CredentialRequest extends createZodDto(
  z.looseObject({ type: z.string().default('password'), value: passwordSchema }),
) {}

/** An account as the API shows it (api spec 3.15). */
export class AccountView extends createZodDto(
  z.object({
    name: z.string(),
    email: z.string().nullable(),
    type: z.enum(['user', 'admin', 'service']),
    state: states,
    created_at: z.string(),
    last_updated: z.string(),
  }),
) {}

export class UserView extends createZodDto(
  z.object({
    username: z.string(),
    type: z.string(),
    source: z.string().nullable(),
    created_at: z.string(),
    last_updated: z.string(),
  }),
) {}

/** `value` is always the same mask; it does not tell how long the password is. */
export class CredentialView extends createZodDto(
  z.object({ type: z.string(), value: z.literal('********'), created_at: z.string() }),
) {}

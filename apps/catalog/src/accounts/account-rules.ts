import { z } from 'zod';

/** The account that may do everything everywhere, and its first user. Made at the first start. */
export const ADMIN = 'admin';

/** Names that no new account gets. */
export const RESERVED_ACCOUNTS = new Set(['system', 'anchore-system', 'kedge-system', ADMIN]);

/** Users that cannot be deleted. */
export const PROTECTED_USERS = new Set([ADMIN, 'anchore-system']);

/** The old system's rule for names of accounts and users, 3 to 128 characters; `+-=` is a range in it, so `/ , : < 0-9` pass. */
const NAME = /^[a-zA-Z0-9][a-zA-Z0-9@.!#$+-=^_`~;]{1,126}[a-zA-Z0-9]$/;

export const nameSchema = z
  .string()
  .regex(NAME, 'must be 3 to 128 letters, digits and @.!#$+-=^_`~; and begin and end with a letter or digit');

export const passwordSchema = z
  .string()
  .min(6, 'a password has 6 to 128 characters')
  .max(128, 'a password has 6 to 128 characters');

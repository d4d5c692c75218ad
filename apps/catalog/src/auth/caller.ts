import type { Account } from '@kedge/database';

/** Who makes a request. Filled by the {@link AuthGuard}. */
export interface Caller {
  username: string;
  /** The account to which the user belongs. */
  homeAccount: string;
  accountType: Account['type'];
  /** May act in every account and change accounts. */
  isAdmin: boolean;
  /** The account in which this request acts: `homeAccount`, or what an admin named in `x-anchore-account`. */
  account: string;
  /** False when an admin named an account that does not exist. Only requests that read get that far. */
  accountExists: boolean;
}

import type { Caller } from '../auth/caller.js';
import { notAuthorized } from '../auth/refusals.js';

/** Lets the users of an account and admins at what belongs to it. @throws ApiError 403 */
export function requireAccess(caller: Caller, account: string, action: string): void {
  if (!caller.isAdmin && caller.homeAccount !== account) throw notAuthorized(account, action, '*');
}

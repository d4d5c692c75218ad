import { ApiError } from '@kedge/service';

/** 403: the account is disabled or being deleted. The wording is part of the API (api spec 1.5). */
export function notEnabled(account: string): ApiError {
  return new ApiError(403, `Not authorized. Account ${account} not enabled.`);
}

/** 403: the caller may not do that. `domain` is an account, or `system` for what only admins may. */
export function notAuthorized(domain: string, action: string, target: string): ApiError {
  return new ApiError(403, `Not authorized. Requires permissions: domain=${domain} action=${action} target=${target}`);
}

import { ApiError, SERVICE_CONTEXT, type ServiceContext } from '@kedge/service';
import { Inject, Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { FastifyRequest } from 'fastify';
import { Authenticator, type AuthenticatedUser } from './authenticator.js';
import { parseBasic } from './basic-credentials.js';
import type { Caller } from './caller.js';
import { ADMIN_ONLY, PUBLIC } from './decorators.js';
import { setCaller } from './request-caller.js';

const READS = new Set(['GET', 'HEAD']);

/**
 * Guards every route of the catalog that is not `@Public()`: HTTP basic, then the account's state, then the account in
 * which the request acts (api spec 8.1, 8.4). It runs before parameters and bodies are checked.
 *
 * 401 without or with wrong credentials; 403 for a disabled account, for `@AdminOnly()` routes, and for another account
 * in `x-anchore-account` unless the caller is an admin; 404 when an admin wants to write into an unknown account.
 */
@Injectable()
export class AuthGuard implements CanActivate {
  constructor(
    private readonly reflector: Reflector,
    private readonly authenticator: Authenticator,
    @Inject(SERVICE_CONTEXT) private readonly context: ServiceContext,
  ) {}

  async canActivate(execution: ExecutionContext): Promise<boolean> {
    const flag = (name: string): boolean =>
      this.reflector.getAllAndOverride<boolean | undefined>(name, [execution.getHandler(), execution.getClass()]) ??
      false;
    if (flag(PUBLIC)) return true;
    const request = execution.switchToHttp().getRequest<FastifyRequest>();
    const credentials = parseBasic(request.headers.authorization);
    const user = credentials && (await this.authenticator.authenticate(credentials));
    if (!user) throw new ApiError(401, 'Unauthorized');
    if (user.accountState !== 'enabled') throw notEnabled(user.account);
    const caller = await this.resolveAccount(user, request);
    if (flag(ADMIN_ONLY) && !caller.isAdmin) {
      throw notAuthorized('system', execution.getHandler().name, '*');
    }
    setCaller(execution, caller);
    return true;
  }

  private async resolveAccount(user: AuthenticatedUser, request: FastifyRequest): Promise<Caller> {
    const { username, account: homeAccount, accountType } = user;
    const isAdmin = accountType !== 'user';
    const caller = { username, homeAccount, accountType, isAdmin };
    const header = request.headers['x-anchore-account'];
    const wanted = (Array.isArray(header) ? header[0] : header) || homeAccount;
    if (wanted === homeAccount) return { ...caller, account: homeAccount, accountExists: true };
    if (!isAdmin) throw notAuthorized(wanted, request.method, '*');
    const [account] = await this.context.sql.query<{ state: string }>(`SELECT state FROM accounts WHERE name = $1`, [
      wanted,
    ]);
    if (!READS.has(request.method)) {
      if (!account) throw new ApiError(404, `Account ${JSON.stringify(wanted)} in x-anchore-account does not exist`);
      // What is written now would survive the clean-up of the account.
      if (account.state === 'deleting') throw notEnabled(wanted);
    }
    return { ...caller, account: wanted, accountExists: account !== undefined };
  }
}

function notEnabled(account: string): ApiError {
  return new ApiError(403, `Not authorized. Account ${account} not enabled.`);
}

function notAuthorized(domain: string, action: string, target: string): ApiError {
  return new ApiError(403, `Not authorized. Requires permissions: domain=${domain} action=${action} target=${target}`);
}

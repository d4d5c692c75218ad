import {
  ApiError,
  SERVICE_CONTEXT,
  UserAuthenticator,
  type AuthenticatedUser,
  type ServiceContext,
} from '@kedge/service';
import {
  BadRequestException,
  Inject,
  Injectable,
  UnauthorizedException,
  type CanActivate,
  type ExecutionContext,
} from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { FastifyRequest } from 'fastify';
import type { Caller } from './caller.js';
import { ADMIN_ONLY, PUBLIC } from './decorators.js';
import { notAuthorized, notEnabled } from './refusals.js';
import { setCaller } from './request-caller.js';

const READS = new Set(['GET', 'HEAD']);
/** What every service answers; those that need credentials have a guard of their own in `@kedge/service`. */
const COMMON_ROUTES = new Set(['', '/health', '/health/ready', '/version', '/status', '/metrics']);

/**
 * Guards every route of the catalog that is not `@Public()`: HTTP basic, then the account's state, then the account in
 * which the request acts (api spec 8.1, 8.4). It runs before parameters and bodies are looked at, so an anonymous
 * request learns nothing but that it needs credentials.
 *
 * 401 without or with wrong credentials; 403 for a disabled account, for `@AdminOnly()` routes, and for another account
 * in `x-anchore-account` unless the caller is an admin; 404 when an admin wants to write into an unknown account.
 */
@Injectable()
export class AuthGuard implements CanActivate {
  constructor(
    private readonly reflector: Reflector,
    private readonly users: UserAuthenticator,
    @Inject(SERVICE_CONTEXT) private readonly context: ServiceContext,
  ) {}

  async canActivate(execution: ExecutionContext): Promise<boolean> {
    const request = execution.switchToHttp().getRequest<FastifyRequest>();
    if (this.flag(PUBLIC, execution) || isCommonRoute(request)) return true;
    const user = await this.users.authenticate(request.headers.authorization);
    if (!user) throw new UnauthorizedException();
    // No name or text in the database holds one, and PostgreSQL refuses to be asked for it.
    if (request.url.includes('%00')) throw new BadRequestException('the address holds a NUL character');
    if (user.accountState !== 'enabled') throw notEnabled(user.account);
    const caller = await this.resolveAccount(user, request);
    if (this.flag(ADMIN_ONLY, execution) && !caller.isAdmin) {
      throw notAuthorized('system', execution.getHandler().name, '*');
    }
    setCaller(execution, caller);
    return true;
  }

  private flag(name: string, execution: ExecutionContext): boolean {
    const targets = [execution.getHandler(), execution.getClass()];
    return this.reflector.getAllAndOverride<boolean | undefined>(name, targets) ?? false;
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

function isCommonRoute(request: FastifyRequest): boolean {
  const route = request.routeOptions.url;
  return route !== undefined && COMMON_ROUTES.has(route.replace(/^\/v1/, '').replace(/\/$/, ''));
}

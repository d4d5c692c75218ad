import { ApiError } from '@kedge/client';
import { Inject, Injectable, UnauthorizedException, type CanActivate, type ExecutionContext } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { SERVICE_CONTEXT, type ServiceContext } from '../bootstrap/service-definition.js';
import { carriesServiceToken } from './service-token.guard.js';
import { UserAuthenticator } from './user-authenticator.js';

/** Lets any user of an enabled account through, and other services: for `/status` and `/metrics`. */
@Injectable()
export class OperatorGuard implements CanActivate {
  private readonly users: UserAuthenticator;

  constructor(@Inject(SERVICE_CONTEXT) private readonly context: ServiceContext) {
    this.users = new UserAuthenticator(context.sql);
  }

  /** @throws UnauthorizedException; ApiError 403 when the account is not enabled. */
  async canActivate(execution: ExecutionContext): Promise<boolean> {
    const { authorization } = execution.switchToHttp().getRequest<FastifyRequest>().headers;
    if (carriesServiceToken(authorization, this.context.serviceToken)) return true;
    const user = await this.users.authenticate(authorization);
    if (!user) throw new UnauthorizedException();
    if (user.accountState !== 'enabled') {
      throw new ApiError(403, `Not authorized. Account ${user.account} not enabled.`);
    }
    return true;
  }
}

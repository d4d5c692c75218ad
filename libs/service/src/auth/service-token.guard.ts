import type { Secret } from '@kedge/config';
import { Inject, Injectable, UnauthorizedException, type CanActivate, type ExecutionContext } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { createHash, timingSafeEqual } from 'node:crypto';
import { SERVICE_CONTEXT, type ServiceContext } from '../bootstrap/service-definition.js';
import { bearerToken } from './authorization-header.js';

/** Compares in a time that does not depend on the texts, not even on their lengths. */
function same(a: string, b: string): boolean {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(a), digest(b));
}

/** True when the request's `Authorization` header carries the service token. */
export function carriesServiceToken(header: string | undefined, token: Secret): boolean {
  const given = bearerToken(header);
  return given !== undefined && same(given, token.reveal());
}

/** Lets requests through that carry the service token: `Authorization: Bearer <token>`. Others get 401. */
@Injectable()
export class ServiceTokenGuard implements CanActivate {
  constructor(@Inject(SERVICE_CONTEXT) private readonly context: ServiceContext) {}

  canActivate(execution: ExecutionContext): boolean {
    const request = execution.switchToHttp().getRequest<FastifyRequest>();
    if (carriesServiceToken(request.headers.authorization, this.context.serviceToken)) return true;
    throw new UnauthorizedException();
  }
}

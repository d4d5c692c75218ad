import { Inject, Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { SERVICE_CONTEXT, type ServiceContext } from '../bootstrap/service-definition.js';

/** Lets requests through that carry the service token: `Authorization: Bearer <token>`. Others get 401. */
@Injectable()
export class ServiceTokenGuard implements CanActivate {
  constructor(@Inject(SERVICE_CONTEXT) private readonly context: ServiceContext) {}

  canActivate(_execution: ExecutionContext): boolean {
    throw new Error(`not written yet: ${this.context.name}`);
  }
}

import { createParamDecorator, SetMetadata, type ExecutionContext } from '@nestjs/common';
import type { Caller } from './caller.js';
import { callerOf } from './request-caller.js';

export const PUBLIC = 'kedge:public';
export const ADMIN_ONLY = 'kedge:admin-only';

/** A parameter that gets the name of the account in which the request acts, already checked. */
export const CurrentAccount = createParamDecorator(
  (_data: unknown, context: ExecutionContext): string => callerOf(context).account,
);

/** A parameter that gets the {@link Caller}. */
export const CurrentUser = createParamDecorator((_data: unknown, context: ExecutionContext): Caller =>
  callerOf(context),
);

/** Route or controller that needs no credentials. Every other one does. */
export const Public = (): MethodDecorator & ClassDecorator => SetMetadata(PUBLIC, true);

/** Route or controller for users of an account of type `admin` or `service`. Others get 403. */
export const AdminOnly = (): MethodDecorator & ClassDecorator => SetMetadata(ADMIN_ONLY, true);

import type { ExecutionContext } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import type { Caller } from './caller.js';

const callers = new WeakMap<FastifyRequest, Caller>();

/** Remembers who makes the request. */
export function setCaller(context: ExecutionContext, caller: Caller): void {
  callers.set(context.switchToHttp().getRequest<FastifyRequest>(), caller);
}

/** Who makes the request. @throws Error on a route marked `@Public()`, where nobody was asked. */
export function callerOf(context: ExecutionContext): Caller {
  const caller = callers.get(context.switchToHttp().getRequest<FastifyRequest>());
  if (!caller) throw new Error('this route is public and has no caller');
  return caller;
}

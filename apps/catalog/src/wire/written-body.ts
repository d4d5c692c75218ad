import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';

/**
 * A parameter that gets the body exactly as it came, beside a `@Body()` that checks it: what a schema answers has its keys
 * in the order of the schema.
 */
export const WrittenBody = createParamDecorator(
  (_data: unknown, context: ExecutionContext): unknown => context.switchToHttp().getRequest<FastifyRequest>().body,
);

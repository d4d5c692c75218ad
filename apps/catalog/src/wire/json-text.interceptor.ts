import type { CallHandler, ExecutionContext, NestInterceptor } from '@nestjs/common';
import { UseInterceptors } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { map, type Observable } from 'rxjs';

class JsonTextInterceptor implements NestInterceptor {
  intercept(context: ExecutionContext, next: CallHandler<unknown>): Observable<string> {
    const reply = context.switchToHttp().getResponse<FastifyReply>();
    return next.handle().pipe(
      map((value) => {
        void reply.header('content-type', 'application/json; charset=utf-8');
        return JSON.stringify(value ?? null);
      }),
    );
  }
}

/** For answers that are a bare JSON string, or null: without it they would go out as plain text or as nothing. */
export const AnswersJsonText = (): MethodDecorator & ClassDecorator => UseInterceptors(JsonTextInterceptor);

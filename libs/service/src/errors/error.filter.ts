import { Catch, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Logger } from 'pino';
import { answerError, problem, type ErrorAnswer } from './error-answer.js';
import type { RouteMethods } from './route-methods.js';

/** Turns every error of a request into its answer; the only place that does. */
@Catch()
export class ErrorFilter implements ExceptionFilter {
  constructor(
    private readonly logger: Logger,
    private readonly routes: RouteMethods,
  ) {}

  catch(error: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    const request = http.getRequest<FastifyRequest>();
    const reply = http.getResponse<FastifyReply>();
    const answer = request.is404 ? this.noRoute(request) : answerError(error, request);
    if (answer.status >= 500) this.log(error, request, answer);
    if (reply.raw.headersSent) {
      // The answer broke off in its middle: only a cut connection tells the client.
      reply.raw.destroy();
      return;
    }
    // Bytes, because Fastify adds a charset to the type of a text.
    void reply.status(answer.status).headers(answer.headers).send(Buffer.from(answer.body));
  }

  private noRoute(request: FastifyRequest): ErrorAnswer {
    const allowed = this.routes.allowed(request.url);
    if (allowed.length === 0) {
      return problem(
        404,
        'The requested URL was not found on the server. If you entered the URL manually please check your spelling and try again.',
      );
    }
    return problem(405, 'The method is not allowed for the requested URL.', { allow: allowed.join(', ') });
  }

  private log(error: unknown, request: FastifyRequest, answer: ErrorAnswer): void {
    const where = { requestId: request.id, method: request.method, url: request.url, status: answer.status };
    if (answer.unexpected) {
      this.logger.error({ ...where, err: error }, 'a request failed unexpectedly');
      return;
    }
    const { message, cause } = error as Error;
    const reason = cause instanceof Error ? `${message}: ${cause.message}` : message;
    this.logger.warn({ ...where, reason }, 'a request failed');
  }
}

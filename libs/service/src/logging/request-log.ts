import { RequestMethod } from '@nestjs/common';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Params } from 'nestjs-pino';
import type { Logger } from 'pino';

/** Asked every few seconds by probes and scrapers. */
const QUIET = /^(?:\/v1)?\/(?:health|metrics)(?:\/|$)/;

/** The path of a request; queries may hold what does not belong into a log. Middleware sees a shortened `url`. */
function pathOf(request: IncomingMessage & { originalUrl?: string }): string {
  return (request.originalUrl ?? request.url ?? '').split('?', 1)[0] ?? '';
}

/**
 * One line a request for nestjs-pino: id, method, path, status, milliseconds. Neither headers nor queries nor bodies.
 *
 * @param enabled the configuration's `enable_access_logging`; without it the request id is still on every line of a
 * request.
 */
export function requestLog(logger: Logger, enabled: boolean): Params {
  return {
    forRoutes: [{ path: '{*path}', method: RequestMethod.ALL }],
    pinoHttp: {
      logger,
      quietReqLogger: true,
      quietResLogger: true,
      customAttributeKeys: { reqId: 'requestId' },
      autoLogging: enabled ? { ignore: (request: IncomingMessage) => QUIET.test(pathOf(request)) } : false,
      serializers: { req: () => undefined, res: () => undefined, err: (error: Error) => error.message },
      customSuccessObject: (request: IncomingMessage, response: ServerResponse, value: object) => ({
        ...value,
        method: request.method,
        path: pathOf(request),
        status: response.statusCode,
      }),
      customSuccessMessage: () => 'request',
      customErrorObject: (request: IncomingMessage, response: ServerResponse, error: Error) => ({
        method: request.method,
        path: pathOf(request),
        status: response.statusCode,
        reason: error.message,
      }),
      customErrorMessage: () => 'request failed',
      customLogLevel: (_request: IncomingMessage, response: ServerResponse) =>
        response.statusCode >= 500 ? 'error' : 'info',
    },
  };
}

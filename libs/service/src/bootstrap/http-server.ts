import helmet from '@fastify/helmet';
import type { Type, DynamicModule } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { ZodValidationPipe } from 'nestjs-zod';
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify';
import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Logger } from 'pino';
import type { Registry } from 'prom-client';
import { problem } from '../errors/error-answer.js';
import { ErrorFilter } from '../errors/error.filter.js';
import { RouteMethods } from '../errors/route-methods.js';
import { nestLogger } from '../logging/nest-logger.js';
import { meterRequests } from '../metrics/meter-requests.js';
import { API_PREFIX, withApiPrefix } from './api-prefix.js';
import type { TlsFiles } from './tls.js';
import { acceptBodies } from './request-bodies.js';

export interface HttpServerOptions {
  logger: Logger;
  metrics: Registry;
  /** Idle limit of a connection (API spec 1.1). */
  idleSeconds: number;
  /** Plain HTTP without. */
  tls: TlsFiles | undefined;
}

/** Longest path segment: registries and tags with percent-encoded slashes are long. */
const MAX_SEGMENT = 4096;
/** A request id of a proxy in front is taken over when it looks like one. */
const REQUEST_ID = /^[\w.:-]{1,128}$/;

/** A Nest application on Fastify that speaks Kedge's wire rules (API spec 1). It does not listen yet. */
export async function createHttpServer(
  module: Type | DynamicModule,
  { logger, metrics, idleSeconds, tls }: HttpServerOptions,
): Promise<NestFastifyApplication> {
  const routes = new RouteMethods();
  const adapter = new FastifyAdapter({
    ...(tls ? { https: tls } : {}),
    logger: false,
    bodyLimit: 1024 * 1024,
    connectionTimeout: idleSeconds * 1000,
    keepAliveTimeout: 75_000,
    forceCloseConnections: 'idle',
    return503OnClosing: false,
    requestIdHeader: false,
    genReqId: ({ headers }: IncomingMessage) => {
      const given = headers['x-request-id'];
      return typeof given === 'string' && REQUEST_ID.test(given) ? given : randomUUID();
    },
    routerOptions: { ignoreTrailingSlash: true, maxParamLength: MAX_SEGMENT },
    rewriteUrl: ({ url }: IncomingMessage) => withApiPrefix(url),
    frameworkErrors: (error: FastifyError, _request: FastifyRequest, reply: FastifyReply) => {
      const { status, headers, body } = problem(error.statusCode ?? 400, error.message);
      void reply.status(status).headers(headers).send(body);
    },
  });
  const server = adapter.getInstance();
  routes.watch(server);
  meterRequests(server, metrics);
  server.addHook('onRequest', (request, reply, done) => {
    void reply.header('x-request-id', request.id);
    done();
  });
  acceptBodies(server);
  const app = await NestFactory.create<NestFastifyApplication>(module, adapter, {
    logger: nestLogger(logger),
    abortOnError: false,
    bodyParser: false,
  });
  await app.register(helmet);
  app.setGlobalPrefix(API_PREFIX);
  app.useGlobalPipes(new ZodValidationPipe());
  app.useGlobalFilters(new ErrorFilter(logger, routes));
  return app;
}

/** Requests that take longer than this after the server was told to stop are cut off. */
const FINISH_MS = 20_000;

/** Takes no more requests, lets running ones finish, then closes. */
export async function closeHttpServer(app: NestFastifyApplication): Promise<void> {
  const limit = setTimeout(() => app.getHttpServer().closeAllConnections(), FINISH_MS);
  try {
    await app.close();
  } finally {
    clearTimeout(limit);
  }
}

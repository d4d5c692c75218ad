import { UnauthorizedException } from '@nestjs/common';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { parse as parseForm } from 'node:querystring';

const MEGABYTE = 1024 * 1024;
/** Without credentials nobody may make the service read more; answers that need them are refused anyway. */
const ANONYMOUS_LIMIT = MEGABYTE;
/** Policy bundles and imported documents are large. */
const JSON_LIMIT = 100 * MEGABYTE;

/**
 * Reads JSON bodies up to 100 MB and forms up to 1 MB; without an `Authorization` header none above 1 MB. An empty JSON body is no body at all: clients announce JSON on every
 * request, with or without content (API spec 1.2).
 */
export function acceptBodies(server: FastifyInstance): void {
  server.addHook('onRequest', (request, _reply, done) => {
    const { authorization, 'content-length': length } = request.headers;
    const large =
      length === undefined ? request.headers['transfer-encoding'] !== undefined : Number(length) > ANONYMOUS_LIMIT;
    done(authorization === undefined && large ? new UnauthorizedException() : undefined);
  });
  const parseJson = server.getDefaultJsonParser('error', 'error');
  server.addContentTypeParser(
    'application/json',
    { parseAs: 'string', bodyLimit: JSON_LIMIT },
    (request: FastifyRequest, body: string, done) => {
      if (body.trim() === '') done(null, undefined);
      else void parseJson(request, body, done);
    },
  );
  server.addContentTypeParser(
    'application/x-www-form-urlencoded',
    { parseAs: 'string', bodyLimit: MEGABYTE },
    (_request: FastifyRequest, body: string, done) => done(null, { ...parseForm(body) }),
  );
}

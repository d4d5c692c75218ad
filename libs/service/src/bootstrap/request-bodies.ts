import type { FastifyInstance, FastifyRequest } from 'fastify';
import { parse as parseForm } from 'node:querystring';

const MEGABYTE = 1024 * 1024;
/** Policy bundles and imported documents are large. */
const JSON_LIMIT = 100 * MEGABYTE;

/**
 * Reads JSON bodies up to 100 MB and forms up to 1 MB. An empty JSON body is no body at all: clients announce JSON on every
 * request, with or without content (API spec 1.2).
 */
export function acceptBodies(server: FastifyInstance): void {
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

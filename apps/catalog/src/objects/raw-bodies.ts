import { Injectable, UnsupportedMediaTypeException, type OnModuleInit } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { FastifyInstance, FastifyRequest } from 'fastify';

/** Routes that take bytes as they come. */
const RAW_ROUTE = /^\/v1\/(?:objects|archive)\/raw\//;

/** Lets the routes for raw objects read their body as a stream. All others go on refusing what is no JSON, with 415. */
@Injectable()
export class RawBodies implements OnModuleInit {
  constructor(private readonly adapter: HttpAdapterHost) {}

  onModuleInit(): void {
    const server = this.adapter.httpAdapter.getInstance<FastifyInstance>();
    server.addContentTypeParser('application/octet-stream', (request: FastifyRequest, payload, done) => {
      if (RAW_ROUTE.test(request.routeOptions.url ?? '')) done(null, payload);
      else done(new UnsupportedMediaTypeException('Unsupported Media Type: application/octet-stream'));
    });
  }
}

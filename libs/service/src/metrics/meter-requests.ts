import type { FastifyInstance } from 'fastify';
import { Counter, Histogram, type Registry } from 'prom-client';

/** Not counted, as in the old system: probes and scrapers would drown the rest. */
const UNCOUNTED = /^\/v1\/(?:health|metrics)(?:\/|$)/;

/**
 * Counts and times the requests of a server under the names that dashboards know (API spec 10). `endpoint` is the route's
 * pattern, so its values are bounded.
 */
export function meterRequests(server: FastifyInstance, registry: Registry): void {
  const duration = new Histogram({
    name: 'flask_http_request_duration_seconds',
    help: 'Seconds from the first byte of a request to the last of its answer',
    labelNames: ['method', 'endpoint', 'status'],
    registers: [registry],
  });
  const total = new Counter({
    name: 'flask_http_request_total',
    help: 'Requests by method and status',
    labelNames: ['method', 'status'],
    registers: [registry],
  });
  server.addHook('onResponse', (request, reply, done) => {
    const endpoint = request.is404 ? 'unknown' : (request.routeOptions.url ?? 'unknown');
    if (!UNCOUNTED.test(endpoint)) {
      const labels = { method: request.method, status: reply.statusCode };
      total.inc(labels);
      duration.observe({ ...labels, endpoint }, reply.elapsedTime / 1000);
    }
    done();
  });
}

import type { ServiceName } from '@kedge/config';
import { collectDefaultMetrics, Gauge, Registry } from 'prom-client';
import type { JobQueue } from '../queue/job-queue.js';

/** A registry of one service with what every service tells: process figures and versions (API spec 10). */
export function createMetrics(name: ServiceName, version: string): Registry {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  new Gauge({
    name: 'anchore_service_info',
    help: 'Version of this service',
    labelNames: ['version', 'servicename'],
    registers: [registry],
  }).set({ version, servicename: name }, 1);
  new Gauge({
    name: 'flask_exporter_info',
    help: 'Version of the program that exports these metrics',
    labelNames: ['version'],
    registers: [registry],
  }).set({ version }, 1);
  return registry;
}

/** Length of the queues, counted whenever the metrics are read. */
export function meterQueues(registry: Registry, jobs: JobQueue): void {
  const length = new Gauge({
    name: 'anchore_queue_length',
    help: 'Jobs that wait for a worker',
    labelNames: ['queuename'],
    registers: [registry],
    async collect() {
      for (const counts of await jobs.counts()) {
        length.set({ queuename: counts.queue }, counts.waiting);
        all.set({ queue: counts.queue, state: 'waiting' }, counts.waiting);
        all.set({ queue: counts.queue, state: 'active' }, counts.active);
        all.set({ queue: counts.queue, state: 'failed' }, counts.failed);
      }
    },
  });
  const all = new Gauge({
    name: 'kedge_jobs',
    help: 'Jobs by state; failed ones are kept for 14 days',
    labelNames: ['queue', 'state'],
    registers: [registry],
  });
}

import { Counter, Histogram, type Registry } from 'prom-client';
import type { CacheMiss } from './evaluation-cache.js';

/** Figures of evaluations, under the names that dashboards know (API spec 10). */
export class EvaluationMetrics {
  readonly seconds: Histogram<'status'>;
  readonly cacheLatency: Histogram<'status'>;
  private readonly hits: Counter;
  private readonly misses: Counter;
  private readonly missesBy: Record<CacheMiss, Counter>;

  constructor(registry: Registry) {
    const registers = [registry];
    const counter = (name: string, help: string) =>
      new Counter({ name: `anchore_policy_evaluation_cache_${name}`, help, registers });
    this.seconds = new Histogram({
      name: 'anchore_policy_evaluation_time_seconds',
      help: 'Time to evaluate a bundle against an image, cache included',
      labelNames: ['status'],
      registers,
    });
    this.cacheLatency = new Histogram({
      name: 'anchore_policy_evaluation_cache_access_latency',
      help: 'Time to look an evaluation up in the cache, in seconds',
      labelNames: ['status'],
      registers,
    });
    this.hits = counter('hits', 'Evaluations answered by the cache');
    this.misses = counter('misses', 'Evaluations that the cache could not answer');
    this.missesBy = {
      notfound: counter('misses_notfound', 'Misses because nothing was cached'),
      invalid: counter('misses_invalid', 'Misses because the bundle had changed'),
      stale: counter('misses_stale', 'Misses because the cached evaluation was too old'),
    };
  }

  hit(): void {
    this.hits.inc();
  }

  miss(reason: CacheMiss): void {
    this.misses.inc();
    this.missesBy[reason].inc();
  }
}

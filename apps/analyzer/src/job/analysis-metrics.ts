import type { LayerCache } from '@kedge/layer-cache';
import { Counter, Gauge, Histogram, Summary, type Registry } from 'prom-client';
import { statfs } from 'node:fs/promises';

const BUCKETS = [1, 5, 10, 30, 60, 120, 300, 600, 1800, 3600];
const PHASE_BUCKETS = [0.01, 0.05, 0.1, 0.5, 1, 5, 10, 30, 60, 300, 1800];

export type Phase = 'resolve' | 'layers' | 'documents' | 'commit';

/** What the analyzer counts; names known from the old system are kept (analyzer spec 2.9). */
export class AnalysisMetrics {
  readonly success: Counter;
  readonly error: Counter;
  readonly time: Histogram<'status'>;
  readonly phase: Histogram<'phase'>;
  /** `from`: `inventory` when the layer was known, `blob` when it was read. */
  readonly layers: Counter<'from'>;
  readonly inflatedBytes: Counter;
  readonly fetchedBytes: Counter;
  readonly files: Counter;
  /** Number and time of each step over merged images. */
  readonly analyzers: Summary<'analyzer' | 'status'>;

  constructor(registry: Registry) {
    const registers = [registry];
    this.success = new Counter({ name: 'anchore_analysis_success_total', help: 'Images analysed', registers });
    this.error = new Counter({ name: 'anchore_analysis_error_total', help: 'Images given up', registers });
    this.time = new Histogram({
      name: 'anchore_analysis_time_seconds',
      help: 'Time of one analysis',
      labelNames: ['status'],
      buckets: BUCKETS,
      registers,
    });
    this.phase = new Histogram({
      name: 'kedge_analysis_phase_seconds',
      help: 'Time of one phase of a successful analysis',
      labelNames: ['phase'],
      buckets: PHASE_BUCKETS,
      registers,
    });
    this.layers = new Counter({
      name: 'kedge_analysis_layers_total',
      help: 'Layers of analysed images, by what they were read from',
      labelNames: ['from'],
      registers,
    });
    this.inflatedBytes = new Counter({
      name: 'kedge_analysis_inflated_bytes_total',
      help: 'Uncompressed bytes of the layers read',
      registers,
    });
    this.fetchedBytes = new Counter({
      name: 'kedge_analysis_fetched_bytes_total',
      help: 'Bytes of layer blobs read from registries and local images',
      registers,
    });
    this.files = new Counter({ name: 'kedge_analysis_files_total', help: 'Paths of analysed images', registers });
    this.analyzers = new Summary({
      name: 'kedge_analyzer_step_seconds',
      help: 'Time of each step over the merged image',
      labelNames: ['analyzer', 'status'],
      percentiles: [],
      registers,
    });
  }
}

/** Free bytes where temporary files go. */
export function meterFreeSpace(registry: Registry, tmpDir: string): void {
  const name = 'anchore_tmpspace_available_bytes';
  if (registry.getSingleMetric(name)) return;
  const gauge: Gauge = new Gauge({
    name,
    help: 'Free bytes under tmp_dir',
    registers: [registry],
    async collect() {
      const volume = await statfs(tmpDir).catch(() => undefined);
      if (volume) gauge.set(volume.bavail * volume.bsize);
    },
  });
}

/** The layer cache: counters since the start, sizes as they are when the metrics are read. */
export function meterCache(registry: Registry, cache: LayerCache): void {
  const counters = [
    ['hits', 'Layer blobs read from the cache', 'hits'],
    ['misses', 'Layer blobs downloaded into the cache', 'misses'],
    ['bypassed', 'Layer blobs read past the cache, for want of room or a slow other download', 'bypassed'],
    ['saved_bytes', 'Bytes that were not downloaded thanks to the cache', 'savedBytes'],
    ['corrupt', 'Cached blobs that were found damaged', 'corrupt'],
    ['evictions', 'Blobs removed to make room', 'evicted'],
    ['evicted_bytes', 'Bytes removed to make room', 'evictedBytes'],
  ] as const;
  for (const [name, help, key] of counters) {
    const counter: Counter = new Counter({
      name: `kedge_layer_cache_${name}_total`,
      help,
      registers: [registry],
      collect() {
        counter.reset();
        counter.inc(cache.stats[key]);
      },
    });
  }
  const size = new Gauge({
    name: 'kedge_layer_cache_bytes',
    help: 'Bytes in the layer cache, of all processes that share it',
    labelNames: ['state'],
    registers: [registry],
    async collect() {
      const usage = await cache.du().catch(() => undefined);
      if (!usage) return;
      size.set({ state: 'stored' }, usage.bytes);
      size.set({ state: 'reserved' }, usage.reservedBytes);
      size.set({ state: 'pinned' }, usage.pinnedBytes);
    },
  });
}

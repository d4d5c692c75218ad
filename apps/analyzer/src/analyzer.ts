import { DEFAULT_LIMITS } from '@kedge/analysis';
import { LayerCache } from '@kedge/layer-cache';
import { hostId, type ServiceContext } from '@kedge/service';
import { analyzerOptions, type AnalyzerOptions } from './analyzer-settings.js';
import { AnalysisMetrics, meterCache, meterFreeSpace } from './job/analysis-metrics.js';
import { AnalyzeJobs } from './job/analyze-jobs.js';
import { ImageAnalysis } from './job/image-analysis.js';
import { LayerBlobs } from './layers/layer-blobs.js';
import { LayerInventories } from './layers/layer-inventories.js';
import { RulesFile } from './rules/rules-file.js';
import { ThreadPool } from './threads/thread-pool.js';

/** A running analyzer: takes jobs until it is closed. */
export class Analyzer {
  private constructor(
    private readonly context: ServiceContext,
    private readonly pool: ThreadPool,
    private readonly cache: LayerCache | undefined,
  ) {}

  /** @throws ConfigError for a wrong analyzer_config.yaml; LayerCacheError; errors of the job queue */
  static async start(context: ServiceContext): Promise<Analyzer> {
    const { config, logger, metrics: registry } = context;
    const options = analyzerOptions(config);
    const rules = await RulesFile.open(config, (error) =>
      logger.error({ reason: error.message }, 'analyzer_config.yaml is wrong; the former rules stay in force'),
    );
    const cache = await startCache(context, options);
    const analyzer = new Analyzer(context, new ThreadPool(), cache);
    try {
      meterFreeSpace(registry, options.tmpDir);
      if (cache) meterCache(registry, cache);
      await analyzer.takeJobs(options, rules);
      return analyzer;
    } catch (error) {
      await analyzer.close();
      throw error;
    }
  }

  /** Ends threads and cache. Jobs should have stopped; those that have not fail and are taken by others. */
  async close(): Promise<void> {
    await this.pool.close();
    await this.cache?.close();
  }

  private async takeJobs(options: AnalyzerOptions, rules: RulesFile): Promise<void> {
    const { sql, jobs, logger, stores, config } = this.context;
    const store = stores.objectStore;
    const metrics = new AnalysisMetrics(this.context.metrics);
    const eventSource = { hostId: hostId(config) };
    const limits = { ...DEFAULT_LIMITS };
    const inventories = new LayerInventories({
      store,
      pool: this.pool,
      limits,
      onLayer: (known) => metrics.layers.inc({ from: known ? 'inventory' : 'blob' }),
      onRead: ({ inflatedBytes }) => metrics.inflatedBytes.inc(inflatedBytes),
    });
    const analysis = new ImageAnalysis({
      ...{ sql, store, jobs, inventories, limits, eventSource },
      pool: this.pool,
      blobs: new LayerBlobs(this.cache, (bytes) => metrics.fetchedBytes.inc(bytes)),
      localDirectories: options.localDirectories,
      ownedPackageFilter: options.ownedPackageFilter,
      hints: options.hints,
    });
    const { timeoutSeconds, concurrency } = options;
    const work = new AnalyzeJobs({ sql, analysis, rules, metrics, logger, eventSource, timeoutSeconds });
    await jobs.onFailed('analyze-image', async (job) => void (await work.giveUp(job)));
    await jobs.work('analyze-image', { concurrency }, (job, signal) => work.handle(job, signal));
    logger.info({ concurrency, threads: this.pool.size, cacheBytes: options.cacheBytes ?? 0 }, 'waiting for images');
  }
}

async function startCache({ logger }: ServiceContext, options: AnalyzerOptions): Promise<LayerCache | undefined> {
  const { tmpDir, cacheBytes: maxBytes } = options;
  if (maxBytes === undefined) return undefined;
  const onProblem = (problem: Error): void => logger.warn({ reason: problem.message }, 'the layer cache had a problem');
  return LayerCache.start({ tmpDir, maxBytes, onProblem });
}

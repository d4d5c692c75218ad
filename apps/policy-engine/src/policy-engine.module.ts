import { Module, type DynamicModule } from '@nestjs/common';
import type { ServiceContext } from '@kedge/service';
import { CacheSweeper } from './evaluation/cache-sweeper.js';
import { EvaluationCache } from './evaluation/evaluation-cache.js';
import { EvaluationMetrics } from './evaluation/evaluation-metrics.js';
import { Evaluator } from './evaluation/evaluator.js';
import { BundlesController } from './http/bundles.controller.js';
import { DistroMappingsController } from './http/distro-mappings.controller.js';
import { EvaluationCacheController } from './http/evaluation-cache.controller.js';
import { FeedsController } from './http/feeds.controller.js';
import { ImagesController } from './http/images.controller.js';
import { QueriesController } from './http/queries.controller.js';
import { contentCaches } from './image-view/content-cache.js';
import { IndexStore } from './index-store/index-store.js';
import { ImageIndexer } from './jobs/image-indexer.js';
import { IndexWorker } from './jobs/index-worker.js';
import { ENGINE_SETTINGS, engineSettings } from './settings.js';

/** Indexes analyses and judges images. */
@Module({})
export class PolicyEngineModule {
  /** @throws ConfigError */
  static for(context: ServiceContext): DynamicModule {
    const { sql, stores, metrics, logger, config } = context;
    const settings = engineSettings(config);
    const store = new IndexStore(sql);
    const cache = new EvaluationCache(sql);
    const evaluator = new Evaluator({
      ...{ sql, settings, cache, logger },
      caches: contentCaches(),
      metrics: new EvaluationMetrics(metrics),
    });
    return {
      module: PolicyEngineModule,
      controllers: [
        ImagesController,
        BundlesController,
        EvaluationCacheController,
        QueriesController,
        FeedsController,
        DistroMappingsController,
      ],
      providers: [
        { provide: ENGINE_SETTINGS, useValue: settings },
        { provide: IndexStore, useValue: store },
        { provide: EvaluationCache, useValue: cache },
        { provide: Evaluator, useValue: evaluator },
        { provide: ImageIndexer, useValue: new ImageIndexer(sql, stores.objectStore, store, settings) },
        IndexWorker,
        CacheSweeper,
      ],
    };
  }
}

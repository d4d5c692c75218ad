import type { ServiceDefinition } from '@kedge/service';
import { analyzerOptions } from './analyzer-settings.js';
import { AnalyzerModule } from './analyzer.module.js';

/** Takes analysis jobs; over HTTP it answers health, status and metrics only. */
export const analyzer: ServiceDefinition = {
  name: 'analyzer',
  createModule: () => AnalyzerModule,
  statusDetail: ({ config }) => {
    const { concurrency, cacheBytes } = analyzerOptions(config);
    return { max_threads: concurrency, layer_cache_enable: cacheBytes !== undefined };
  },
};

import type { KedgeConfig } from '@kedge/config';

/** Bytes of a gigabyte in `layer_cache_max_gigabytes` (analyzer spec 4.1). */
const GIGABYTE = 1_000_000_000;

/** The analyzer's settings, as its parts want them. */
export interface AnalyzerOptions {
  /** Images analysed at a time. */
  concurrency: number;
  tmpDir: string;
  /** Ceiling of the layer cache in bytes; undefined when it is off. */
  cacheBytes: number | undefined;
  localDirectories: string[];
  ownedPackageFilter: boolean;
  /** Take the packages that an image's `/anchore_hints.json` lists. */
  hints: boolean;
  /** Seconds; 0 for no limit. */
  timeoutSeconds: number;
}

/** Reads `services.analyzer` and what else concerns the analyzer. The file was validated when it was loaded. */
export function analyzerOptions(config: KedgeConfig): AnalyzerOptions {
  const { analyzer, catalog } = config.services;
  const timeout = config.image_analyze_timeout_seconds;
  return {
    concurrency: analyzer?.max_threads ?? 1,
    tmpDir: config.tmp_dir,
    cacheBytes: analyzer?.layer_cache_enable ? analyzer.layer_cache_max_gigabytes * GIGABYTE : undefined,
    localDirectories: [
      ...new Set([...(analyzer?.local_image_directories ?? []), ...(catalog?.local_image_directories ?? [])]),
    ],
    ownedPackageFilter: isOn(analyzer?.['enable_owned_package_filtering'], true),
    hints: isOn(analyzer?.['enable_hints'], false),
    timeoutSeconds: Number.isFinite(timeout) && timeout > 0 ? timeout : 0,
  };
}

/** A switch as the old system read it: text is compared with `true`, anything else counts by its truth. */
function isOn(value: unknown, otherwise: boolean): boolean {
  if (value === undefined || value === null) return otherwise;
  return typeof value === 'string' ? value.toLowerCase() === 'true' : Boolean(value);
}

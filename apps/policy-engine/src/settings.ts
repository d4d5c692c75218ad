import { ConfigError, type KedgeConfig, type PolicyEngineSettings } from '@kedge/config';

/** What the policy engine is told to do, in effect. */
export interface EngineSettings {
  /** `enable_package_db_load`. */
  packageDb: boolean;
  /** Longest life of a cached evaluation. Seconds. */
  cacheSeconds: number;
  /** Whether evaluations are cached when the process starts. */
  cacheEnabled: boolean;
  /** Whether packages of Alpine are looked up in the National Vulnerability Database too. */
  distroNvdMatches: boolean;
}

const DEFAULT_CACHE_SECONDS = 3600;

/**
 * Reads `services.policy_engine`. `policy_evaluation_cache_ttl` (seconds; 0 caches nothing) is a key of newer files;
 * `ANCHORE_POLICY_ENGINE_EVALUATION_CACHE_ENABLED` switches the cache off for the process, and
 * `ANCHORE_ENABLE_DISTRO_NVD_MATCHES` the look-up of Alpine's packages in the National Vulnerability Database, as they did
 * in Anchore Engine.
 *
 * @throws ConfigError
 */
export function engineSettings(config: KedgeConfig, env: NodeJS.ProcessEnv = process.env): EngineSettings {
  const settings: PolicyEngineSettings | undefined = config.services.policy_engine;
  const ttl = settings?.['policy_evaluation_cache_ttl'] ?? DEFAULT_CACHE_SECONDS;
  const seconds = typeof ttl === 'string' && /^\d+$/.test(ttl) ? Number(ttl) : ttl;
  if (typeof seconds !== 'number' || !Number.isSafeInteger(seconds) || seconds < 0) {
    throw new ConfigError(config.file, [
      {
        path: 'services.policy_engine.policy_evaluation_cache_ttl',
        message: 'must be a whole number of seconds, 0 or more',
        value: JSON.stringify(ttl),
      },
    ]);
  }
  const off = (name: string) => /^(false|no|0)$/i.test(env[name] ?? '');
  return {
    packageDb: settings?.enable_package_db_load ?? true,
    cacheSeconds: seconds,
    cacheEnabled: !off('ANCHORE_POLICY_ENGINE_EVALUATION_CACHE_ENABLED') && seconds > 0,
    distroNvdMatches: !off('ANCHORE_ENABLE_DISTRO_NVD_MATCHES'),
  };
}

/** Injection token of the {@link EngineSettings}. */
export const ENGINE_SETTINGS = Symbol('ENGINE_SETTINGS');

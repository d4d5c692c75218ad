import { ConfigError, redact, type KedgeConfig } from '@kedge/config';

export interface MetricsSettings {
  /** `/metrics` answers 404 otherwise. Default false, as in the old system. */
  enabled: boolean;
  /** Metrics are read without credentials. Default false. */
  authDisabled: boolean;
}

/** The configuration's `metrics` section. @throws ConfigError for values that are no booleans. */
export function metricsSettings(config: KedgeConfig): MetricsSettings {
  const section = (config['metrics'] ?? {}) as Record<string, unknown>;
  const read = (key: string): boolean => {
    const value = section[key];
    if (value === undefined || value === null) return false;
    if (typeof value === 'boolean') return value;
    if (typeof value === 'string' && /^(true|yes|false|no)$/i.test(value)) return /^(true|yes)$/i.test(value);
    const path = `metrics.${key}`;
    throw new ConfigError(config.file, [{ path, message: 'must be true or false', value: redact(path, value) }]);
  };
  return { enabled: read('enabled') || read('enable'), authDisabled: read('auth_disabled') };
}

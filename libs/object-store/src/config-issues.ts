import { redact } from '@kedge/config';

/** One complaint of a schema about a configuration. */
export interface ConfigIssue {
  /** Keys from the configuration down; empty for the configuration as a whole. */
  path: PropertyKey[];
  message: string;
  /** Zod's word for the kind: `invalid_type`, ... */
  code?: string;
}

/**
 * What a schema complained of, whatever its library, with the values of keys that sound secret masked: a schema that is
 * not ours may well repeat them.
 *
 * @param error what its `parse` threw
 */
export function configIssues(error: unknown, config: unknown): ConfigIssue[] {
  const { issues, message } = (error ?? {}) as { issues?: ConfigIssue[]; message?: unknown };
  const found = Array.isArray(issues) ? issues : [{ path: [], message: String(message ?? error) }];
  const secrets = secretsOf(config);
  return found.map((issue) => ({
    ...issue,
    message: secrets.reduce((masked, secret) => masked.replaceAll(secret, '***'), issue.message),
  }));
}

/** Values whose keys sound secret. */
function secretsOf(config: unknown): string[] {
  if (config === null || typeof config !== 'object') return [];
  return Object.entries(config).flatMap(([key, value]) => {
    if (value !== null && typeof value === 'object') return secretsOf(value);
    return redact(key, value) === '***' && String(value) !== '' ? [String(value)] : [];
  });
}

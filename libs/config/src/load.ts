import { readFileSync } from 'node:fs';
import { parseDocument } from 'yaml';
import type { z } from 'zod';
import { ConfigError, type ConfigProblem } from './errors.js';
import { configSchema, type KedgeConfig } from './settings.js';
import { anchoreVariables, substitute, UNSET } from './substitute.js';

const SECRET_KEY = /secret|password|pass$|token|(^|[._])key$|db_connect$|webhook_user/i;
/** Top-level keys of the old system's files that need no warning although Kedge does nothing with them. */
const TOLERATED = new Set(
  `allow_awsecr_iam_auto auto_restart_services cleanup_images default_bundle_file docker_conn docker_conn_timeout
   enable_access_logging enable_swagger_ui feeds global_client_connect_timeout global_client_read_timeout grype_db_dir
   internal_ssl_verify keys log_to_db metrics policy_bundles_dir server_request_timeout_seconds skopeo_global_timeout
   user_authentication`.split(/\s+/),
);

/** Shows a rejected value in an error: secrets and credentials of urls masked, long texts cut. */
export function redact(path: string, value: unknown): string {
  if (SECRET_KEY.test(path)) return '***';
  const json = (JSON.stringify(value) as string | undefined) ?? 'undefined';
  const text = json.replace(/:\/\/[^/\s"]*@/g, '://***@');
  return text.length > 80 ? `${text.slice(0, 77)}...` : text;
}

function valueAt(document: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (node, key) =>
      node !== null && typeof node === 'object' ? (node as Record<PropertyKey, unknown>)[key] : undefined,
    document,
  );
}

function toProblem(issue: z.core.$ZodIssue, document: unknown): ConfigProblem {
  const path = issue.path
    .map((key) => (typeof key === 'number' ? `[${key}]` : `.${String(key)}`))
    .join('')
    .slice(1);
  const value = valueAt(document, issue.path);
  if (value === undefined) return { path, message: `is required (${issue.message})` };
  const message = issue.message.replace(/^Invalid input: expected (\w+),.*$/, 'must be a $1');
  return { path, message, value: redact(path, value) };
}

/**
 * Looks at what the schema of the file leaves to others, a storage section say. It gets the file's document after
 * substitution, which may be wrong in any way, and the file's name.
 */
export type ConfigCheck = (document: Record<string, unknown>, file: string) => ConfigProblem[];

/**
 * Reads a config.yaml of Kedge or of the old system: YAML, then `${ANCHORE_...}` inside scalars, then validation.
 *
 * Has no side effects. All faults are reported together, those that the checks find as well; of one value only the first.
 *
 * @throws ConfigError when the file is missing, is no YAML, has an unset variable or a wrong value.
 */
export function loadConfig(
  file: string,
  env: NodeJS.ProcessEnv = process.env,
  checks: readonly ConfigCheck[] = [],
): KedgeConfig {
  const document = readYaml(file);
  const problems: ConfigProblem[] = [];
  const substituted = substitute(document, anchoreVariables(env, problems), problems) as Record<string, unknown>;
  const parsed = configSchema.safeParse(substituted);
  problems.push(...(parsed.error?.issues ?? []).map((issue) => toProblem(issue, substituted)));
  problems.push(...checks.flatMap((check) => check(substituted, file)));
  if (!parsed.success || problems.some(({ harmless }) => !harmless)) throw new ConfigError(file, firstOfEach(problems));

  const warnings = Object.keys(parsed.data)
    .filter((key) => !(key in configSchema.shape) && !key.endsWith('_endpoint') && !TOLERATED.has(key))
    .map((key) => `unknown key "${key}" in ${file} is ignored`);
  if (!parsed.data.webhooks)
    warnings.push('no webhooks defined in configuration file - notifications will be disabled');
  const { catalog } = (substituted['services'] ?? {}) as { catalog?: unknown };
  return { ...parsed.data, file, warnings, rawCatalog: catalog };
}

/** A variable that is not set makes its value wrong in other ways too. Two variables may be missing in one value. */
function firstOfEach(problems: ConfigProblem[]): ConfigProblem[] {
  return problems.filter(({ path, message }, at) => {
    const before = problems.slice(0, at).filter((other) => other.path === path);
    return before.length === 0 || (UNSET.test(message) && before.every((other) => other.message !== message));
  });
}

const UNREADABLE: Readonly<Record<string, string>> = {
  ENOENT: 'does not exist',
  EISDIR: 'is a directory; name the file in it',
  EACCES: 'cannot be read: this user may not (EACCES)',
};

function readYaml(file: string): object {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    const { code = '', message } = error as NodeJS.ErrnoException;
    const reason = UNREADABLE[code] ?? `cannot be read: ${message}`;
    throw new ConfigError(file, [{ path: '', message: `config file ${reason}` }]);
  }
  const document = parseDocument(text, { prettyErrors: true });
  const fault = document.errors[0];
  if (fault)
    throw new ConfigError(file, [{ path: '', message: `is not valid YAML: ${fault.message.split('\n')[0] ?? ''}` }]);
  const value: unknown = document.toJS({ maxAliasCount: 100 });
  if (value === null || typeof value !== 'object' || Array.isArray(value)) {
    throw new ConfigError(file, [{ path: '', message: 'must be a mapping with a "services" section' }]);
  }
  return value;
}

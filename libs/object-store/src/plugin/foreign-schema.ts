import type { DriverPlugin } from '../driver.js';

/** The part of Standard Schema v1 (standardschema.dev) that validates. */
interface StandardSchema {
  '~standard': { validate(value: unknown): StandardResult | Promise<StandardResult> };
}

interface StandardResult {
  value?: unknown;
  issues?: readonly { message: string; path?: readonly (PropertyKey | { key: PropertyKey })[] }[];
}

/** True for what {@link schemaOf} takes: an object with `parse()`, or a Standard Schema of any library. */
export function isSchema(value: unknown): boolean {
  return hasParse(value) || isStandard(value);
}

/**
 * A plug-in's schema as the registry wants it. It need not be of the zod that Kedge uses, nor of zod at all. What it
 * says of its keys (Standard JSON Schema) stays.
 *
 * `parse` throws `{issues}` or what the schema's own `parse` throws; an Error for a schema that validates asynchronously.
 */
export function schemaOf(value: unknown): DriverPlugin['configSchema'] {
  if (hasParse(value)) return value;
  const standard = (value as StandardSchema)['~standard'];
  const parse = (config: unknown): unknown => {
    const result = standard.validate(config);
    if (result instanceof Promise)
      throw new Error('its schema validates asynchronously, which a driver cannot wait for');
    if (!result.issues) return result.value;
    const issues = result.issues.map(({ message, path = [] }) => ({
      message,
      path: path.map((part) => (typeof part === 'object' ? part.key : part)),
    }));
    throw Object.assign(new Error('invalid configuration'), { issues });
  };
  return { parse, '~standard': standard } as DriverPlugin['configSchema'];
}

function hasParse(value: unknown): value is DriverPlugin['configSchema'] {
  return isObject(value) && typeof value['parse'] === 'function';
}

function isStandard(value: unknown): value is StandardSchema {
  // ArkType's schemas are functions.
  if (!isObject(value) && typeof value !== 'function') return false;
  const standard = (value as { '~standard'?: unknown })['~standard'];
  return isObject(standard) && typeof standard['validate'] === 'function';
}

function isObject(value: unknown): value is Record<string, unknown> {
  return value !== null && typeof value === 'object';
}

import { redact } from '@kedge/config';
import type { DriverPlugin } from './driver.js';

/** One key of a driver's configuration, as `list-drivers` prints it. */
export interface ConfigKey {
  key: string;
  /** JSON type: `string`, `boolean`, `integer`, `number`; `any` when the schema does not say. */
  type: string;
  required: boolean;
  /** True for credentials; their values are never shown. */
  secret: boolean;
  description: string;
  default?: unknown;
  /** The words that are allowed, if there is a list. */
  values?: string[];
}

interface Property {
  type?: string;
  description?: string;
  default?: unknown;
  enum?: string[];
  writeOnly?: boolean;
}

interface ObjectSchema {
  properties?: Record<string, Property>;
  required?: string[];
  additionalProperties?: unknown;
}

/** The keys that a driver's configuration knows, in the order of its schema; none when the schema cannot tell. */
export function configKeys(plugin: DriverPlugin): ConfigKey[] {
  const { properties = {}, required = [] } = inputSchema(plugin) ?? {};
  // A schema that marks no credential is one that cannot; then their names have to do.
  const marks = Object.values(properties).some((property) => property.writeOnly);
  return Object.entries(properties).map(([key, property]) => ({
    key,
    type: property.type ?? 'any',
    required: required.includes(key),
    secret: marks ? property.writeOnly === true : redact(key, '') === '***',
    description: property.description ?? '',
    ...(property.default === undefined ? {} : { default: property.default }),
    ...(property.enum ? { values: property.enum } : {}),
  }));
}

/** Keys of a configuration that the driver does not know and will not look at. */
export function unknownKeys(plugin: DriverPlugin, config: unknown): string[] {
  const schema = inputSchema(plugin);
  const open = schema?.additionalProperties !== undefined && schema.additionalProperties !== false;
  if (!schema?.properties || open || config === null || typeof config !== 'object') return [];
  const known = schema.properties;
  return Object.keys(config).filter((key) => !Object.hasOwn(known, key));
}

interface StandardJsonSchema {
  jsonSchema?: { input(options: { target: string; libraryOptions?: object }): ObjectSchema };
}

/** The JSON Schema of what an operator writes (Standard JSON Schema; zod has it from 4.2 on). */
function inputSchema(plugin: DriverPlugin): ObjectSchema | undefined {
  const standard = (plugin.configSchema as { '~standard'?: StandardJsonSchema })['~standard'];
  try {
    // `unrepresentable` is zod's word: a type that JSON Schema lacks becomes "any" instead of an error.
    return standard?.jsonSchema?.input({ target: 'draft-2020-12', libraryOptions: { unrepresentable: 'any' } });
  } catch {
    return undefined; // the standard lets a schema throw that cannot be described; it validates all the same
  }
}

import { createRequire, isBuiltin } from 'node:module';
import { dirname, resolve } from 'node:path';
import { StorageError, type DriverContext, type DriverPlugin, type StorageDriver } from '../driver.js';
import { isSchema, schemaOf } from './foreign-schema.js';
import { offerOwnPackage } from './own-package.js';

/** A driver package that was found beside a configuration. Its `name` is the one that the configuration gives. */
export interface LoadedPlugin extends DriverPlugin {
  /** The module's file. */
  file: string;
  /** What the package calls its driver. */
  ownName: string;
}

const METHODS = ['init', 'put', 'get', 'stat', 'delete', 'deleteMany', 'owns', 'list', 'close'] as const;

/** A package of npm, or a path. Nothing else is looked for in the file system. */
const NAME = /^((@[a-z0-9~][a-z0-9._~-]*\/)?[a-z0-9~][a-z0-9._~-]*|\.{0,2}\/.*)$/i;

/**
 * Loads the driver package that `storage_driver.name` names: an npm package installed beside the configuration (in a
 * `node_modules` of its folder or of one above), or the path of one, seen from that folder. CommonJS or ES module.
 *
 * @param known names of the drivers that need no package, for the message
 * @throws StorageError invalid_config, in one line with the way out, when there is no such package, it cannot be loaded,
 * or what it exports is no driver of contract version 1.
 */
export function loadPlugin(name: string, configFile: string, known: readonly string[]): LoadedPlugin {
  const file = locate(name, configFile, known);
  offerOwnPackage(file);
  let loaded: { kedgeDriver?: unknown; default?: unknown };
  try {
    loaded = createRequire(file)(file) as typeof loaded;
  } catch (cause) {
    throw refused(name, `cannot be loaded: ${reason(cause)}`, 'mend or reinstall the package', cause);
  }
  const plugin = checked(name, loaded.kedgeDriver ?? loaded.default);
  return {
    apiVersion: 1,
    name,
    ownName: plugin.name,
    scheme: plugin.scheme,
    description: plugin.description,
    configSchema: schemaOf(plugin.configSchema),
    create: (config, context) => create(name, plugin, config, context),
    file,
  };
}

function locate(name: string, configFile: string, known: readonly string[]): string {
  const folder = dirname(resolve(configFile));
  const isPath = /^\.{0,2}\//.test(name);
  try {
    if (!NAME.test(name) || isBuiltin(name)) throw Object.assign(new Error(), { code: 'MODULE_NOT_FOUND' });
    return createRequire(resolve(configFile)).resolve(name);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'MODULE_NOT_FOUND') {
      throw refused(name, `cannot be loaded: ${reason(cause)}`, 'mend or reinstall the package', cause);
    }
    const missing = isPath
      ? `there is no package at ${resolve(folder, name)} (its "main" must name a file that exists)`
      : `no package of that name is installed beside ${configFile}`;
    // No command to copy: a misspelt name may well be a package of somebody else.
    const wayOut = isPath
      ? 'correct the path'
      : `correct storage_driver.name, or install the package you mean in ${folder}`;
    throw new StorageError(
      'invalid_config',
      `unknown storage driver "${name}": it is none of Kedge's drivers (${known.join(', ') || 'none'}), and ${missing}; ${wayOut}`,
      { driver: name, cause },
    );
  }
}

/** The export, when it is a driver; all that is wrong with it otherwise. */
function checked(name: string, found: unknown): DriverPlugin {
  if (found === null || typeof found !== 'object') {
    throw refused(name, 'exports no "kedgeDriver"', 'name a package that is a storage driver of Kedge');
  }
  const plugin = found as Partial<Record<keyof DriverPlugin, unknown>>;
  if (plugin.apiVersion !== 1) {
    const version = typeof plugin.apiVersion === 'number' ? String(plugin.apiVersion) : 'none';
    throw refused(
      name,
      `is made for contract version ${version}; this version of Kedge speaks 1`,
      'install a version of the package or of Kedge that fits',
    );
  }
  const { scheme, description, configSchema } = plugin;
  const faults = [
    typeof plugin.name === 'string' && plugin.name !== '' ? undefined : 'name must be a text',
    typeof scheme === 'string' && /^[a-z][a-z0-9+.-]*$/.test(scheme)
      ? undefined
      : 'scheme must be a URI scheme in lower case',
    typeof description === 'string' ? undefined : 'description must be a text',
    isSchema(configSchema) ? undefined : 'configSchema must be a Standard Schema or have parse()',
    typeof plugin.create === 'function' ? undefined : 'create must be a function',
  ].filter((fault) => fault !== undefined);
  if (faults.length === 0) return plugin as DriverPlugin;
  throw refused(name, `exports a kedgeDriver that breaks the contract: ${faults.join('; ')}`, 'tell its author');
}

/** Makes a driver and looks whether it is one, so that a half-made one fails at the start and not at the first delete. */
function create(name: string, plugin: DriverPlugin, config: unknown, context: DriverContext): StorageDriver {
  let driver: Partial<StorageDriver> | undefined;
  try {
    driver = plugin.create(config, context);
  } catch (cause) {
    if (cause instanceof StorageError) throw cause;
    throw refused(name, `could not make a driver: ${reason(cause)}`, 'check storage_driver.config', cause);
  }
  const missing = METHODS.filter((method) => typeof driver?.[method] !== 'function');
  if (missing.length > 0) throw refused(name, `makes a driver without ${missing.join(', ')}`, 'tell its author');
  if (typeof driver?.place !== 'string' || driver.scheme !== plugin.scheme) {
    throw refused(name, `makes a driver without place or not of scheme ${plugin.scheme}`, 'tell its author');
  }
  return driver as StorageDriver;
}

function refused(name: string, what: string, wayOut: string, cause?: unknown): StorageError {
  const message = `storage driver package "${name}" ${what}; ${wayOut}`;
  return new StorageError('invalid_config', message, { driver: name, cause });
}

/** The first line of a foreign error; module errors go on with paths and stacks. */
function reason(error: unknown): string {
  const text =
    error instanceof Error || (error as Partial<Error> | null)?.message ? (error as Error).message : String(error);
  return text.split('\n', 1)[0] ?? '';
}

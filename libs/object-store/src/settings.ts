import { ConfigError, redact, type ConfigProblem } from '@kedge/config';
import { inspect } from 'node:util';
import { LEVELS, WRITE_CODECS } from './codecs.js';
import type { CompressionSettings } from './content-writer.js';

/** One storage section of the catalog: `object_store` or `analysis_archive`. */
export interface StorageSettings {
  compression: CompressionSettings;
  /** `config` belongs to the driver, which validates it. It prints itself with credentials masked. */
  storage_driver: { name: string; config: Record<string, unknown> };
}

export interface CatalogStorage {
  objectStore: StorageSettings;
  /** Undefined: archives share the object store. */
  analysisArchive: StorageSettings | undefined;
  /** Worth telling the operator once. */
  warnings: string[];
}

type Mapping = Record<string, unknown>;

/**
 * Reads the storage settings of `services.catalog`.
 *
 * The object store is the first of `object_store`, `archive` (its former name), the flat keys of the oldest files
 * (`archive_driver`, `use_db`, `archive_data_dir`) and the defaults (`db`, no compression). A section that is missing,
 * null or `{}` does not count. `enabled` inside a section means nothing.
 *
 * @throws ConfigError with all faults at once, each with its path and masked value.
 */
export function storageSettingsFromCatalog(catalogSection: unknown, file: string): CatalogStorage {
  const problems: ConfigProblem[] = [];
  const warnings: string[] = [];
  const catalog = mapping(catalogSection, 'services.catalog', problems) ?? {};
  const named = ['object_store', 'archive'].find((key) => !isAbsent(catalog[key]));
  const objectStore =
    named === undefined
      ? section(flatSection(catalog, problems, warnings), 'services.catalog', problems)
      : section(catalog[named], `services.catalog.${named}`, problems);
  const analysisArchive = isAbsent(catalog.analysis_archive)
    ? undefined
    : section(catalog.analysis_archive, 'services.catalog.analysis_archive', problems);
  if (problems.length > 0) throw new ConfigError(file, problems);
  return { objectStore, analysisArchive, warnings };
}

function isAbsent(value: unknown): boolean {
  if (value === undefined || value === null || value === false || value === '') return true;
  return typeof value === 'object' && Object.keys(value).length === 0;
}

/** The flat keys as a section. They count only when `archive_driver` is there. */
function flatSection(catalog: Mapping, problems: ConfigProblem[], warnings: string[]): Mapping {
  const { archive_driver: driver, use_db: useDb, archive_data_dir: directory } = catalog;
  if (isAbsent(driver)) return {};
  if (typeof driver !== 'string') {
    problems.push(problem('services.catalog.archive_driver', 'must be the name of a storage driver', driver));
    return {};
  }
  warnings.push('services.catalog.archive_driver is an outdated setting; write an object_store section instead');
  const name = useDb === true ? 'db' : driver;
  return {
    storage_driver: { name, config: name === 'localfs' ? { archive_data_dir: directory } : {} },
  };
}

function section(value: unknown, path: string, problems: ConfigProblem[]): StorageSettings {
  const found = mapping(value, path, problems) ?? {};
  const compression = mapping(found.compression, `${path}.compression`, problems) ?? {};
  const driver = mapping(found.storage_driver, `${path}.storage_driver`, problems) ?? {};
  const config = mapping(driver.config, `${path}.storage_driver.config`, problems) ?? {};
  return {
    compression: {
      enabled: boolean(compression.enabled ?? false, `${path}.compression.enabled`, problems),
      min_size_kbytes: kilobytes(compression.min_size_kbytes ?? 100, `${path}.compression.min_size_kbytes`, problems),
      ...method(compression, `${path}.compression`, problems),
    },
    storage_driver: {
      name: driverName(driver.name ?? 'db', `${path}.storage_driver.name`, problems),
      config: masked(config),
    },
  };
}

function mapping(value: unknown, path: string, problems: ConfigProblem[]): Mapping | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value === 'object' && !Array.isArray(value)) return value as Mapping;
  problems.push(problem(path, 'must be a mapping', value));
  return undefined;
}

function boolean(value: unknown, path: string, problems: ConfigProblem[]): boolean {
  if (typeof value === 'boolean') return value;
  if (typeof value === 'string' && /^(true|yes|false|no)$/i.test(value)) return /^(true|yes)$/i.test(value);
  problems.push(problem(path, 'must be true or false', value));
  return false;
}

function kilobytes(value: unknown, path: string, problems: ConfigProblem[]): number {
  const number = typeof value === 'string' && /^\d+$/.test(value) ? Number(value) : value;
  if (typeof number === 'number' && Number.isSafeInteger(number) && number >= 0) return number;
  problems.push(problem(path, 'must be a whole number of kilobytes, 0 or more', value));
  return 0;
}

/** `codec`, zstd when absent, and `level`, which is left out when absent: the codec then takes its usual one. */
function method(
  { codec = 'zstd', level }: Mapping,
  path: string,
  problems: ConfigProblem[],
): Pick<CompressionSettings, 'codec' | 'level'> {
  const found = WRITE_CODECS.find((name) => name === (codec ?? 'zstd'));
  if (!found) problems.push(problem(`${path}.codec`, `must be one of ${WRITE_CODECS.join(', ')}`, codec));
  if (level === undefined || level === null) return { codec: found ?? 'zstd' };
  const number = typeof level === 'string' && /^\d+$/.test(level) ? Number(level) : level;
  const { least, most } = LEVELS[found ?? 'zstd'];
  if (typeof number === 'number' && Number.isInteger(number) && number >= least && number <= most) {
    return { codec: found ?? 'zstd', level: number };
  }
  const allowed = found
    ? `${least} to ${most} for codec ${found}`
    : WRITE_CODECS.map((name) => `${LEVELS[name].least} to ${LEVELS[name].most} for ${name}`).join(', ');
  problems.push(problem(`${path}.level`, `must be a whole number, ${allowed}`, level));
  return { codec: found ?? 'zstd' };
}

function driverName(value: unknown, path: string, problems: ConfigProblem[]): string {
  if (typeof value === 'string' && value.trim() !== '') return value.trim();
  problems.push(problem(path, 'must be the name of a storage driver', value));
  return 'db';
}

function problem(path: string, message: string, value: unknown): ConfigProblem {
  return { path, message, value: redact(path, value) };
}

/** A copy whose JSON and inspect forms mask what looks like a credential; its properties stay readable. */
function masked(config: Mapping): Mapping {
  const copy = { ...config };
  const shown = (): Mapping =>
    Object.fromEntries(Object.entries(copy).map(([key, value]) => [key, redact(key, value) === '***' ? '***' : value]));
  Object.defineProperty(copy, 'toJSON', { value: shown, enumerable: false });
  Object.defineProperty(copy, inspect.custom, { value: shown, enumerable: false });
  return copy;
}

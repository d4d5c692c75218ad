import { redact, type ConfigProblem } from '@kedge/config';
import { LEVELS, WRITE_CODECS } from './codecs.js';
import type { CompressionSettings } from './content-writer.js';

export type Mapping = Record<string, unknown>;

/**
 * Reads values of a storage section as people write them: booleans and numbers may stand in quotes, null counts as absent.
 * A wrong value becomes a problem and its default goes on, so that all faults of a file are found.
 */
export class SectionReader {
  readonly problems: ConfigProblem[] = [];

  mapping(value: unknown, path: string): Mapping | undefined {
    if (value === undefined || value === null) return undefined;
    if (typeof value === 'object' && !Array.isArray(value)) return value as Mapping;
    this.refuse(path, 'must be a mapping', value);
    return undefined;
  }

  /** The name of a storage driver. */
  driverName(value: unknown, path: string): string | undefined {
    if (typeof value === 'string' && value.trim() !== '') return value.trim();
    this.refuse(path, 'must be the name of a storage driver', value);
    return undefined;
  }

  compression(value: unknown, path: string): CompressionSettings {
    const given = this.mapping(value, path) ?? {};
    const { codec = 'zstd', level } = given;
    const found = WRITE_CODECS.find((name) => name === (codec ?? 'zstd'));
    if (!found) this.refuse(`${path}.codec`, `must be one of ${WRITE_CODECS.join(', ')}`, codec);
    const number = this.level(level, found, `${path}.level`);
    return {
      enabled: this.flag(given.enabled ?? false, `${path}.enabled`),
      min_size_kbytes: this.kilobytes(given.min_size_kbytes ?? 100, `${path}.min_size_kbytes`),
      codec: found ?? 'zstd',
      ...(number === undefined ? {} : { level: number }),
    };
  }

  refuse(path: string, message: string, value: unknown): void {
    this.problems.push({ path, message, value: redact(path, value) });
  }

  private flag(value: unknown, path: string): boolean {
    if (typeof value === 'boolean') return value;
    if (typeof value === 'string' && /^(true|yes|false|no)$/i.test(value)) return /^(true|yes)$/i.test(value);
    this.refuse(path, 'must be true or false', value);
    return false;
  }

  private kilobytes(value: unknown, path: string): number {
    const number = numberIn(value);
    if (number !== undefined && Number.isSafeInteger(number) && number >= 0) return number;
    this.refuse(path, 'must be a whole number of kilobytes, 0 or more', value);
    return 0;
  }

  /** Undefined when absent: the codec then takes its usual level. */
  private level(value: unknown, codec: keyof typeof LEVELS | undefined, path: string): number | undefined {
    if (value === undefined || value === null) return undefined;
    const number = numberIn(value);
    const { least, most } = LEVELS[codec ?? 'zstd'];
    if (number !== undefined && Number.isInteger(number) && number >= least && number <= most) return number;
    const range = (name: keyof typeof LEVELS): string => `${LEVELS[name].least} to ${LEVELS[name].most} for ${name}`;
    this.refuse(path, `must be a whole number, ${(codec ? [codec] : WRITE_CODECS).map(range).join(', ')}`, value);
    return undefined;
  }
}

function numberIn(value: unknown): number | undefined {
  if (typeof value === 'string' && /^\d+$/.test(value)) return Number(value);
  return typeof value === 'number' ? value : undefined;
}

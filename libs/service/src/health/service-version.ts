import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Version of Kedge: that of this package, which all packages share. */
export const KEDGE_VERSION = (
  JSON.parse(readFileSync(join(__dirname, '..', '..', 'package.json'), 'utf8')) as { version: string }
).version;

/**
 * The schema's version in the form that clients know (`0.0.3`): the number of its latest migration.
 *
 * @param applied names of the migrations that have run, oldest first
 */
export function schemaVersion(applied: readonly string[]): string {
  const number = /(\d{4})$/.exec(applied.at(-1) ?? '')?.[1] ?? '0';
  return `0.0.${Number(number)}`;
}

import { ConfigError } from '@kedge/config';
import { DatabaseError } from '@kedge/database';
import { StorageError } from '@kedge/object-store';
import { CommanderError } from 'commander';
import { InterruptedError, UsageError } from './usage-error.js';

const FAILED = 1;
const NOT_USABLE = 2;
const OBJECT_STORE = 5;
const INTERRUPTED = 130;

/**
 * The exit code of a program that ends with this error (storage spec 5.4 and 5.5).
 *
 * - 2: wrong usage, configuration, or database (not reachable, wrong schema);
 * - 5: the object store failed;
 * - 130: interrupted by the user;
 * - 0 for `--help` and `--version`, which end commander by an error; 1 for everything else.
 */
export function exitCodeFor(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : NOT_USABLE;
  if (error instanceof UsageError || error instanceof ConfigError || error instanceof DatabaseError) return NOT_USABLE;
  if (error instanceof InterruptedError) return INTERRUPTED;
  if (error instanceof StorageError) {
    if (error.code === 'aborted') return INTERRUPTED;
    return error.code === 'invalid_config' ? NOT_USABLE : OBJECT_STORE;
  }
  return (error as { name?: string } | null)?.name === 'AbortError' ? INTERRUPTED : FAILED;
}

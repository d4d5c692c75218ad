import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { text } from 'node:stream/consumers';
import type { Installation } from './installation.js';

const LIMIT_MS = 10 * 60_000;

/** What the quickstart reads of the report that `migrate --json` prints. */
export interface MigrationResult {
  complete: boolean;
  moved: number;
  objects: number;
  rootAfter: string;
}

/**
 * Runs `anchore-manager --json objectstorage migrate --dontask FROM TO` as an operator would, in a process of its own. Its
 * log goes to `migration.log`.
 *
 * @throws Error when it does not end with exit code 0.
 */
export async function migrateByCommand(installation: Installation, from: string, to: string): Promise<MigrationResult> {
  const program = join(__dirname, '../main.js');
  const args = ['--json', '--configdir', installation.directory, 'objectstorage', 'migrate', '--dontask', from, to];
  const child = spawn(process.execPath, [program, ...args], { stdio: ['ignore', 'pipe', 'pipe'], timeout: LIMIT_MS });
  const log = join(installation.directory, 'migration.log');
  const [output, , [code]] = await Promise.all([
    text(child.stdout),
    pipeline(child.stderr, createWriteStream(log, { flags: 'a' })),
    once(child, 'exit') as Promise<[number | null]>,
  ]);
  if (code !== 0) throw new Error(`anchore-manager objectstorage migrate ended with exit code ${code}; see ${log}`);
  return JSON.parse(output) as MigrationResult;
}

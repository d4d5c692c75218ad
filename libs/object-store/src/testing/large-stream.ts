import { spawn } from 'node:child_process';
import { testProgram } from './test-program.js';

/** What a driver is made of in a process of its own. */
export interface LargeStreamOptions {
  /** Package that exports `kedgeDriver`. */
  plugin: string;
  /** Its configuration, as JSON. */
  config: object;
  /** Url of a migrated database, for drivers that want one. */
  databaseUrl?: string;
  /** Default: {@link LARGE_BYTES}. */
  bytes?: number;
}

/** 256 MiB, or KEDGE_TEST_LARGE_MB: enough to tell a stream from a buffer by {@link MAX_RSS_MB}, quick enough for every run. */
export const LARGE_BYTES = Number(process.env.KEDGE_TEST_LARGE_MB ?? 256) * 1024 * 1024;
/** What a process may need in all, however long the content is. */
export const MAX_RSS_MB = 256;

export interface LargeStreamResult {
  /** Most memory that the process ever had resident, Node.js included, and a compiler when the library is not built. */
  peakRssMb: number;
  putSeconds: number;
  getSeconds: number;
}

const MINUTES = 60_000;

/**
 * Streams that many bytes into an object and out again, proves their digest and deletes it; in a process of its own, so
 * that its peak of memory is the driver's.
 */
export async function largeStream(options: LargeStreamOptions): Promise<LargeStreamResult> {
  const child = spawn(process.execPath, [...testProgram('large-stream-child'), JSON.stringify(options)], {
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: 10 * MINUTES,
  });
  let output = '';
  let errors = '';
  child.stdout.on('data', (data) => (output += String(data)));
  child.stderr.on('data', (data) => (errors += String(data)));
  const code = await new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  if (code !== 0) throw new Error(`the process with the large stream ended with ${String(code)}: ${errors}`);
  return JSON.parse(output) as LargeStreamResult;
}

import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';

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
  const program = childProgram();
  const compiler = program.endsWith('.ts') ? ['--require', above('tools/jest/typescript.cjs')] : [];
  const child = spawn(process.execPath, [...compiler, program, JSON.stringify(options)], {
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

/** The compiled child where there is one, since a compiler in the process would count as the driver's memory. */
function childProgram(): string {
  const compiled = join(__dirname.replace(/\bsrc(?=.testing$)/, 'dist'), 'large-stream-child.js');
  return existsSync(compiled) ? compiled : join(__dirname, 'large-stream-child.ts');
}

/** A file of the repository, however deep this one lies. */
function above(path: string): string {
  for (let folder = __dirname; folder !== dirname(folder); folder = dirname(folder)) {
    if (existsSync(join(folder, path))) return join(folder, path);
  }
  throw new Error(`no ${path} above ${__dirname}`);
}

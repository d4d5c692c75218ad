import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';

const FIND_PROGRAM = resolve(__dirname, '../../../../tools/programs/find-program.sh');
const PROGRAM_TIMEOUT_MS = 60_000;

/** The real rpm: the one on PATH, else Debian's, which is downloaded once and unpacked below `.cache`. */
export class RpmProgram {
  private constructor(
    private readonly path: string,
    private readonly env: Record<string, string>,
  ) {}

  /** Throws with the reason when there is no rpm and it cannot be had. */
  static find(): RpmProgram {
    const path = finished('bash', [FIND_PROGRAM, 'rpm', 'rpm'], {}, [0]).trim();
    const lib = resolve(path, '../../lib');
    if (!path.includes('/.cache/programs/') || !existsSync(lib)) return new RpmProgram(path, {});
    // An unpacked rpm knows neither where its libraries are nor where its configuration is.
    const libraries = readdirSync(lib).filter((name) => name.endsWith('-linux-gnu'));
    return new RpmProgram(path, {
      LD_LIBRARY_PATH: libraries.map((name) => join(lib, name)).join(':'),
      RPM_CONFIGDIR: join(lib, 'rpm'),
    });
  }

  /** What rpm prints. Throws with what it complains of when it ends with another code than `codes`. */
  run(args: readonly string[], codes: readonly number[] = [0]): string {
    return finished(this.path, args, this.env, codes);
  }
}

/** Standard output of a program that ended with one of `codes`; throws otherwise. */
export function finished(
  program: string,
  args: readonly string[],
  env: Record<string, string> = {},
  codes: readonly number[] = [0],
): string {
  const { status, stdout, stderr, error } = spawnSync(program, args, {
    encoding: 'utf8',
    timeout: PROGRAM_TIMEOUT_MS,
    env: { ...process.env, LC_ALL: 'C', TZ: 'UTC', ...env },
  });
  if (status !== null && codes.includes(status)) return stdout;
  throw new Error(`${program} ${args.join(' ')} ended with ${status}: ${error?.message ?? stderr.slice(-500)}`);
}

import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { once } from 'node:events';
import type { Readable, Writable } from 'node:stream';
import { runProgram, type Ended } from './deployment.js';

const KiB = 1024;

/**
 * A real file system with little room, over a directory that exists. It is mounted in a namespace of its own, which goes with
 * the process that holds it: nothing stays mounted, however a test ends. Programs see it when they run through
 * {@link SmallDisk.runManager}. Where nobody may mount (a container without rights) the programs get a limit of the length
 * of a file instead, which the kernel enforces just as well.
 */
export class SmallDisk {
  private constructor(
    private holder: Holder | undefined,
    private readonly directory: string,
    private roomKiB: number,
    private longestKiB: number,
  ) {}

  /**
   * @param roomKiB of the file system
   * @param longestKiB of a file, where nothing can be mounted
   */
  static async mount(directory: string, roomKiB: number, longestKiB: number): Promise<SmallDisk> {
    for (const [who, unshare] of [
      [[], ['unshare', '--mount']],
      [
        ['--user', '--preserve-credentials'],
        ['unshare', '--user', '--map-root-user', '--mount'],
      ],
    ] as const) {
      const holder = await hold(
        unshare,
        who,
        `mount -t tmpfs -o size=${roomKiB}k tmpfs "$0" && echo && exec cat`,
        directory,
      );
      if (holder) return new SmallDisk(holder, directory, roomKiB, longestKiB);
    }
    return new SmallDisk(undefined, directory, roomKiB, longestKiB);
  }

  /** What the error of an object that had no room says. */
  get reason(): string {
    return this.holder ? 'no space left on device' : 'ulimit -f';
  }

  /** Runs `anchore-manager` with the file system in its place. */
  runManager(args: string[]): Promise<Ended> {
    return runProgram('manager', args, {}, this.holder ? enter(this.holder) : limited(this.longestKiB));
  }

  /** Where this process finds a file of the file system. */
  seen(path: string): string {
    return this.holder ? `/proc/${this.holder.child.pid}/root${path}` : path;
  }

  /** Gives it more room, with all that is in it. */
  async enlarge(times: number): Promise<void> {
    this.roomKiB *= times;
    this.longestKiB *= times;
    if (!this.holder) return;
    const [program = '', ...args] = enter(this.holder);
    const remount = spawn(program, [...args, 'mount', '-o', `remount,size=${this.roomKiB}k`, this.directory], {
      stdio: 'inherit',
    });
    const [code] = (await once(remount, 'exit')) as [number | null];
    if (code !== 0) throw new Error(`the file system could not be made larger: mount ended with ${code}`);
  }

  async unmount(): Promise<void> {
    if (!this.holder) return;
    const ended = once(this.holder.child, 'exit');
    this.holder.child.stdin.end();
    await ended;
    this.holder = undefined;
  }
}

interface Holder {
  /** Keeps the namespace until its input ends. */
  child: ChildProcessByStdio<Writable, Readable, null>;
  /** Options of `nsenter` beside those for the mounts. */
  who: readonly string[];
}

/** Resolves once the shell command has printed something, or with undefined when it could not. */
async function hold(
  [program, ...args]: readonly [string, ...string[]],
  who: readonly string[],
  script: string,
  directory: string,
): Promise<Holder | undefined> {
  const child = spawn(program, [...args, 'sh', '-c', script, directory], { stdio: ['pipe', 'pipe', 'ignore'] });
  const ready = await new Promise<boolean>((resolve) => {
    child.once('error', () => resolve(false)); // there is no such program
    child.once('exit', () => resolve(false));
    child.stdout.once('data', () => resolve(true));
  });
  return ready ? { child, who } : undefined;
}

function enter({ child, who }: Holder): string[] {
  return ['nsenter', '--target', String(child.pid), '--mount', ...who, '--'];
}

function limited(longestKiB: number): string[] {
  return ['prlimit', `--fsize=${longestKiB * KiB}`, '--'];
}

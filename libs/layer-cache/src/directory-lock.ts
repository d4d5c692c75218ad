import { open, readFile, rename, rm, stat, utimes } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { codeOf, LayerCacheError } from './errors.js';
import { isGone } from './owner-name.js';

const WAIT_MS = 30_000;
/** A holder shows that it lives this often; scanning a large directory may take a while. */
const SIGN_MS = 5_000;

/**
 * One holder at a time, also across processes: a file that only one can create. A holder that died or went silent loses
 * the lock. Held for moments; nothing that waits for a network or a consumer happens inside.
 */
export class DirectoryLock {
  private last: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly file: string,
    private readonly owner: string,
  ) {}

  /** @throws LayerCacheError `busy` when the lock is not to be had within 30 s, and what `work` throws. */
  run<T>(work: () => Promise<T>): Promise<T> {
    const result = this.last.then(() => this.hold(work));
    this.last = result.catch(() => undefined); // its own caller gets the error
    return result;
  }

  private async hold<T>(work: () => Promise<T>): Promise<T> {
    await this.acquire();
    const signs = setInterval(() => void utimes(this.file, new Date(), new Date()).catch(() => undefined), SIGN_MS);
    try {
      return await work();
    } finally {
      clearInterval(signs);
      // Not if it was taken away meanwhile.
      if ((await readFile(this.file, 'utf8').catch(() => '')) === this.owner) await rm(this.file, { force: true });
    }
  }

  private async acquire(): Promise<void> {
    const deadline = Date.now() + WAIT_MS;
    for (;;) {
      try {
        const handle = await open(this.file, 'wx', 0o644);
        await handle.writeFile(this.owner).finally(() => handle.close());
        return;
      } catch (error) {
        if (codeOf(error) !== 'EEXIST') throw error;
      }
      if (await this.breakStale()) continue;
      if (Date.now() > deadline) {
        throw new LayerCacheError('busy', `the layer cache's lock ${this.file} was not given up within ${WAIT_MS} ms`);
      }
      await sleep(2 + Math.random() * 10);
    }
  }

  /**
   * Takes the lock away from a holder that is gone. Renaming lets only one of several breakers succeed. One that comes
   * late may in theory move a fresh lock; it then puts it back. Should two hold the lock for that moment, the cache may
   * exceed its ceiling by one blob; no blob is ever damaged, since blobs only appear by renaming and are proven when read.
   */
  private async breakStale(): Promise<boolean> {
    const held = await holderOf(this.file);
    if (held === undefined) return true;
    if (!held.gone) return false;
    const aside = `${this.file}.${this.owner}`;
    try {
      await rename(this.file, aside);
      const moved = await holderOf(aside);
      if (moved && !moved.gone) await rename(aside, this.file);
      else await rm(aside, { force: true });
    } catch (error) {
      if (codeOf(error) !== 'ENOENT') throw error;
    }
    return true;
  }
}

async function holderOf(file: string): Promise<{ gone: boolean } | undefined> {
  try {
    const [owner, { mtimeMs }] = await Promise.all([readFile(file, 'utf8'), stat(file)]);
    return { gone: isGone(owner, mtimeMs) };
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}

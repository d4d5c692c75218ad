import { mkdir, open, readdir, rm, stat, unlink, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import type { CachePaths } from './cache-paths.js';
import { codeOf } from './errors.js';
import { isGone } from './owner-name.js';

const SIGN_MS = 10_000;

/** What all running caches together have in hand. */
export interface InHand {
  /** Blobs that are being read. */
  used: Set<string>;
  /** Blobs that are being downloaded, with the bytes reserved for each. */
  downloads: Map<string, number>;
  /** Reserved bytes that are not on disk yet. */
  unwritten: number;
  /** Number of running caches, this one included. */
  owners: number;
}

/** This process's folder in the cache's directory: its downloads and the marks of what it reads. */
export class Owner {
  private marks = 0;
  private readonly signs: NodeJS.Timeout;

  private constructor(
    readonly name: string,
    private readonly folder: string,
  ) {
    // A sign that fails is made up for by the next one.
    this.signs = setInterval(() => void utimes(folder, new Date(), new Date()).catch(() => undefined), SIGN_MS);
    this.signs.unref();
  }

  static async create(paths: CachePaths, name: string): Promise<Owner> {
    const folder = join(paths.owners, name);
    await mkdir(folder);
    return new Owner(name, folder);
  }

  /** Marks a blob as being read; the function returned takes the mark away. */
  async use(blob: string): Promise<() => Promise<void>> {
    const mark = join(this.folder, `${blob}.${(this.marks += 1)}.use`);
    await (await open(mark, 'w')).close();
    return () => unlink(mark).catch(ignoreMissing);
  }

  /** Where this process downloads a blob to. */
  download(blob: string): string {
    return join(this.folder, `${blob}.part`);
  }

  async close(): Promise<void> {
    clearInterval(this.signs);
    await rm(this.folder, { recursive: true, force: true });
  }
}

/** Looks through the folders of all owners; those of owners that are gone are removed. Call it under the lock. */
export async function lookThroughOwners(paths: CachePaths, self: string): Promise<InHand> {
  const found: InHand = { used: new Set(), downloads: new Map(), unwritten: 0, owners: 0 };
  for (const name of await readdir(paths.owners)) {
    const folder = join(paths.owners, name);
    const state = await stat(folder).catch(ignoreMissing);
    if (!state) continue;
    if (name !== self && isGone(name, state.mtimeMs)) {
      await rm(folder, { recursive: true, force: true });
      continue;
    }
    found.owners += 1;
    await addFolder(folder, found);
  }
  return found;
}

async function addFolder(folder: string, found: InHand): Promise<void> {
  for (const file of (await readdir(folder).catch(ignoreMissing)) ?? []) {
    const [blob = '', kind = ''] = file.split('.');
    if (kind !== 'part') {
      found.used.add(blob);
      continue;
    }
    const state = await stat(join(folder, file)).catch(ignoreMissing);
    if (!state) continue;
    found.downloads.set(blob, state.size);
    found.unwritten += Math.max(0, state.size - state.blocks * 512);
  }
}

export function ignoreMissing(error: unknown): undefined {
  if (codeOf(error) === 'ENOENT') return undefined;
  throw error;
}

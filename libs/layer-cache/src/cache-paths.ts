import { join } from 'node:path';

/** Name of the cache's directory under `tmp_dir`; part of the configuration's contract (analyzer spec 4.1). */
export const CACHE_FOLDER = 'anchore_layercache';

/**
 * Where things lie. Blobs are where the old system had them, so that its directory is taken over as it is:
 *
 * ```
 * <tmp_dir>/anchore_layercache/
 *   sha256/<hex>                 blobs, exactly the bytes that the registry sent
 *   kedge/lock                   held for moments, by whoever changes what is stored
 *   kedge/generation             changes with every change of what is stored
 *   kedge/owners/<owner>/        one for each running cache, touched regularly
 *     <hex>.part                 a download; its length is the space reserved for it
 *     <hex>.<n>.use              an empty mark: somebody reads that blob
 * ```
 */
export class CachePaths {
  readonly root: string;
  readonly blobs: string;
  readonly lock: string;
  readonly generation: string;
  readonly owners: string;

  constructor(tmpDir: string) {
    this.root = join(tmpDir, CACHE_FOLDER);
    this.blobs = join(this.root, 'sha256');
    this.lock = join(this.root, 'kedge', 'lock');
    this.generation = join(this.root, 'kedge', 'generation');
    this.owners = join(this.root, 'kedge', 'owners');
  }

  blob(name: string): string {
    return join(this.blobs, name);
  }
}

import type { ImageEntries, ImageEntry } from './image-entries.js';
import { parentOf } from './layer/entry-path.js';
import type { SearchHit } from './inventory/layer-inventory.js';

/** Facts, bytes and search hits of the layers, found by the source of an entry. */
export interface LayerContents {
  kept: Map<string, Buffer>;
  facts: Map<string, { cataloger: string; value: unknown }[]>;
  hits: Map<string, SearchHit[]>;
}

/** Links followed before a path is given up, as Linux does (path_resolution(7)). */
const MAX_LINKS = 40;

/** The merged tree of an image's layers. Metadata only: content is reachable as far as layers kept it. */
export class ImageInventory {
  private readonly canonicalParents = new Map<string, string>();
  private kept: readonly string[] | undefined;
  private factIndex: ReadonlyMap<string, readonly { path: string; value: unknown }[]> | undefined;

  /** `contents[i]` belongs to layer i. */
  constructor(
    readonly entries: ImageEntries,
    private readonly contents: readonly LayerContents[],
    readonly warnings: readonly string[],
  ) {}

  get(path: string): ImageEntry | undefined {
    return this.entries.get(path);
  }

  /** The entry a path leads to, symbolic links followed inside the root; undefined when it leads nowhere. */
  resolve(path: string): ImageEntry | undefined {
    const target = this.walk(path, true);
    return target === undefined ? undefined : this.entries.get(target);
  }

  /**
   * The path under which the image holds what a package database calls `path`: on a system with a merged `/usr`,
   * `/bin/ls` is `/usr/bin/ls`. The path itself when it exists or leads nowhere.
   */
  canonicalPath(path: string): string {
    const known = this.entries.known(path);
    if (known !== undefined) return known;
    const parent = parentOf(path);
    let found = this.canonicalParents.get(parent);
    if (found === undefined) {
      found = this.walk(parent, true) ?? parent;
      this.canonicalParents.set(parent, found);
    }
    if (found === parent) return path;
    const moved = `${found === '/' ? '' : found}${path.slice(parent === '/' ? 0 : parent.length)}`;
    return this.entries.known(moved) ?? moved;
  }

  /** Bytes of a regular file that a layer kept; undefined for any other. Links are not followed. */
  read(path: string): Buffer | undefined {
    const entry = this.entries.get(path);
    if (entry?.type !== 'file') return undefined;
    return this.contents[entry.layer]?.kept.get(entry.layerPath);
  }

  /** Paths whose bytes can be read, in order. */
  keptPaths(): readonly string[] {
    this.kept ??= [...this.described((contents) => contents.kept)].map(({ path }) => path);
    return this.kept;
  }

  /** Facts that a cataloger took from the files which are in the image, in path order. */
  facts(cataloger: string): readonly { path: string; value: unknown }[] {
    this.factIndex ??= this.indexFacts();
    return this.factIndex.get(cataloger) ?? [];
  }

  private indexFacts(): ReadonlyMap<string, { path: string; value: unknown }[]> {
    const index = new Map<string, { path: string; value: unknown }[]>();
    for (const { path, found } of this.described((contents) => contents.facts)) {
      for (const { cataloger, value } of found) {
        const known = index.get(cataloger);
        if (known) known.push({ path, value });
        else index.set(cataloger, [{ path, value }]);
      }
    }
    return index;
  }

  /** Search hits by path. A symbolic or hard link to a file with hits is reported under its own name too. */
  *hits(search: SearchHit['search']): Generator<{ path: string; matches: Record<string, number[]> }> {
    if (this.contents.every(({ hits }) => hits.size === 0)) return;
    for (const entry of this.entries) {
      const target = entry.type === 'slink' ? this.resolve(entry.path) : entry;
      const hits = target && this.contents[target.layer]?.hits;
      if (!hits || hits.size === 0 || target.type !== 'file') continue;
      for (const hit of hits.get(target.layerPath) ?? []) {
        if (hit.search === search) yield { path: entry.path, matches: hit.matches };
      }
    }
  }

  /** The regular files of which layers have something of this kind, in order of their paths. */
  private *described<T>(
    kind: (contents: LayerContents) => ReadonlyMap<string, T>,
  ): Generator<{ path: string; found: T }> {
    const layers = this.contents.map(kind);
    if (layers.every(({ size }) => size === 0)) return; // most images have nothing of most kinds
    for (const entry of this.entries) {
      const layer = layers[entry.layer];
      if (!layer || layer.size === 0 || entry.type !== 'file') continue;
      const found = layer.get(entry.layerPath);
      if (found !== undefined) yield { path: entry.path, found };
    }
  }

  private walk(path: string, followLast: boolean): string | undefined {
    let pending = path.split('/').filter((part) => part !== '');
    const done: string[] = [];
    let links = 0;
    while (pending.length > 0) {
      const [part = '', ...rest] = pending;
      pending = rest;
      if (part === '.' || part === '') continue;
      if (part === '..') {
        done.pop();
        continue;
      }
      const here = `/${[...done, part].join('/')}`;
      const entry = this.entries.get(here);
      if (entry === undefined) return undefined;
      if (entry.type !== 'slink' || (pending.length === 0 && !followLast)) {
        done.push(part);
        continue;
      }
      if ((links += 1) > MAX_LINKS) return undefined;
      const target = entry.linkTarget ?? '';
      if (target.startsWith('/')) done.length = 0;
      pending = [...target.split('/').filter((piece) => piece !== ''), ...pending];
    }
    return `/${done.join('/')}`;
  }
}

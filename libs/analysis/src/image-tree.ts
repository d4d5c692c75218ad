import { ImageEntries, MADE_DIRECTORY, type EntryRef, type LayerTables } from './image-entries.js';
import type { EntryTable } from './inventory/entry-table.js';
import { cleanPath } from './layer/entry-path.js';

/** A directory of the tree; {@link MADE_DIRECTORY} while no layer states it. */
interface Directory {
  ref: EntryRef;
  children: Map<string, Node>;
}

/** Most nodes are no directories; they have no object. */
type Node = Directory | EntryRef;

const MAX_LINKS = 40;

/** The tree that an image's layers make, one put onto the other; see `squash` for the rules. */
export class ImageTree {
  private readonly root: Directory = newDirectory();
  /**
   * What directory paths lead to. A name that is new to the tree changes none of that, since all that such a path goes through
   * is there; a name that is replaced or removed may.
   */
  private readonly found = new Map<string, Map<string, Node>>();

  /** `warn` hears of entries that are left out. */
  constructor(
    private readonly tables: LayerTables,
    private readonly warn: (text: string) => void,
  ) {}

  /** Removes everything in a directory. */
  empty(path: string): void {
    this.found.clear();
    const node = this.find(path);
    if (isDirectory(node)) node.children = new Map();
  }

  /** Removes a path. */
  remove(path: string): void {
    this.found.clear();
    const slash = path.lastIndexOf('/');
    this.directoryAt(path.slice(0, slash))?.children.delete(path.slice(slash + 1));
  }

  /** Puts the entries of a layer onto what is there. `layer` counts from the base. */
  place(entries: EntryTable, layer: number): void {
    for (let row = 0; row < entries.length; row += 1) {
      const path = entries.path(row);
      if (path === '/') continue;
      const type = entries.type(row);
      const ref = this.tables.ref(layer, row);
      if (type === 'hardlink') this.placeHardLink(path, entries.linkTarget(row));
      else this.put(path, type === 'dir' ? { ref, children: new Map() } : ref);
    }
  }

  /** All paths but the root, in the order of their UTF-16 code units. */
  entries(): ImageEntries {
    const paths: string[] = [];
    const refs: EntryRef[] = [];
    collect(this.root, '', (path, ref) => {
      paths.push(path);
      refs.push(ref);
    });
    return new ImageEntries(this.tables, paths, refs);
  }

  private placeHardLink(path: string, linkTarget = ''): void {
    const target = this.find(linkTarget || '/');
    if (target === undefined || isDirectory(target)) {
      this.warn(
        `${path} is a hard link to ${linkTarget || 'nothing'}, which is not a file at that point; it was left out`,
      );
    } else {
      this.put(path, target | 1);
    }
  }

  private put(path: string, node: Node): void {
    const slash = path.lastIndexOf('/');
    const siblings = this.siblings(path.slice(0, slash));
    const name = path.slice(slash + 1);
    const existing = siblings.get(name);
    if (isDirectory(node) && isDirectory(existing)) {
      existing.ref = node.ref;
      return;
    }
    this.set(siblings, name, node);
  }

  private set(siblings: Map<string, Node>, name: string, node: Node): void {
    if (siblings.has(name)) this.found.clear();
    siblings.set(name, node);
  }

  private siblings(path: string): Map<string, Node> {
    const known = this.found.get(path);
    if (known) return known;
    const children = this.makeDirectory(path);
    this.found.set(path, children);
    return children;
  }

  /** Children of the directory at `path`, made where it does not exist; a non-directory in the way gives place. */
  private makeDirectory(path: string): Map<string, Node> {
    let { children } = this.root;
    for (const part of this.resolveDirectory(path).split('/')) {
      if (part === '') continue;
      const existing = children.get(part);
      const directory = isDirectory(existing) ? existing : newDirectory();
      if (directory !== existing) this.set(children, part, directory);
      children = directory.children;
    }
    return children;
  }

  /** Follows links in a directory path as long as they lead to directories, or to nothing yet; else the path as it is. */
  private resolveDirectory(path: string): string {
    let at = path;
    for (let links = 0; links <= MAX_LINKS; links += 1) {
      const link = this.firstLink(at);
      if (link === undefined) return at;
      const base = link.target.startsWith('/') ? '' : link.parent;
      at = cleanPath(`${base}/${link.target}/${link.rest}`).path;
      if (this.firstLink(at) !== undefined) continue;
      const target = this.find(at);
      return target === undefined || isDirectory(target) ? at : path;
    }
    return path;
  }

  private firstLink(path: string): { parent: string; target: string; rest: string } | undefined {
    const parts = path.split('/').filter((part) => part !== '');
    let node: Node | undefined = this.root;
    for (const [index, part] of parts.entries()) {
      node = childOf(node, part);
      if (node === undefined) return undefined;
      if (isDirectory(node)) continue;
      const { table, row } = this.tables.find(node);
      if (table.type(row) !== 'slink') return undefined;
      const parent = parts.slice(0, index).join('/');
      return { parent: `/${parent}`, target: table.linkTarget(row) ?? '', rest: parts.slice(index + 1).join('/') };
    }
    return undefined;
  }

  /** The node at a path; links in its directories are followed, the last part is not. */
  private find(path: string): Node | undefined {
    const slash = path.lastIndexOf('/');
    const directory = this.directoryAt(path.slice(0, slash));
    const name = path.slice(slash + 1);
    return name === '' ? directory : directory?.children.get(name);
  }

  /** The directory at a path, links followed where they lead to one. */
  private directoryAt(path: string): Directory | undefined {
    const node = this.lookUp(path);
    if (isDirectory(node)) return node;
    const resolved = this.lookUp(this.resolveDirectory(path));
    return isDirectory(resolved) ? resolved : undefined;
  }

  private lookUp(path: string): Node | undefined {
    let node: Node | undefined = this.root;
    for (const part of path.split('/')) if (part !== '') node = childOf(node, part);
    return node;
  }
}

function newDirectory(): Directory {
  return { ref: MADE_DIRECTORY, children: new Map() };
}

function isDirectory(node: Node | undefined): node is Directory {
  return typeof node === 'object';
}

function childOf(node: Node | undefined, name: string): Node | undefined {
  return isDirectory(node) ? node.children.get(name) : undefined;
}

/**
 * Calls `add` with each path below a directory, sorted as whole paths are: between a directory and what is in it come
 * siblings like `name-2`. Recursion is bounded by the longest path a layer may have.
 */
function collect({ children }: Directory, path: string, add: (path: string, ref: EntryRef) => void): void {
  const keys: string[] = [];
  for (const [name, child] of children) {
    keys.push(name);
    if (isDirectory(child)) keys.push(`${name}/`);
  }
  for (const key of keys.sort()) {
    const child = children.get(key.endsWith('/') ? key.slice(0, -1) : key) as Node; // made of its names
    if (!isDirectory(child)) add(`${path}/${key}`, child);
    else if (key.endsWith('/')) collect(child, `${path}/${key.slice(0, -1)}`, add);
    else add(`${path}/${key}`, child.ref);
  }
}

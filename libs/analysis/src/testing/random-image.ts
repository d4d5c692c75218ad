import type { TestEntry } from './layer-builder.js';
import { isRoot } from './unpacked-tree.js';

const NAMES = ['a', 'b', 'c', 'd', 'e'];
const MODES = [0o644, 0o600, 0o755, 0o4755, 0o2711, 0o444];
/** Without set-group-id, which a file system hands on to directories that no layer states. */
const DIRECTORY_MODES = [0o755, 0o700, 0o1777, 0o711];
const OWNERS = isRoot ? [0, 33, 1000, 200_000] : [0];
const TARGETS = ['a', 'b/c', '..', '../a', '/nowhere', '/', '../../../../b', '.', 'nowhere'];
const MAX_DEPTH = 4;

type Kind = 'directory' | 'file' | 'link';

/**
 * Layers full of what makes merging hard, the same for the same seed: few names, so that directories, files and links
 * take each other's place, hard links reach into lower layers, parents are links or are left out, and whiteouts and
 * opaque marks stand before and after the entries of their directory. Every entry can be unpacked where it stands.
 */
export function randomLayers(seed: number, layers = 5, entries = 20): TestEntry[][] {
  const tree = new Tree(generator(seed));
  return Array.from({ length: layers }, (_, layer) => {
    const written = tree.beginLayer(layer);
    for (let index = 0; index < entries; index += 1) written.push(...tree.entry(`${seed}.${layer}.${index} `));
    return written;
  });
}

/** Knows what is where, as far as it takes to write entries that an unpacker accepts. */
class Tree {
  private readonly kinds = new Map<string, Kind>();
  /** Links to directories: path -> directory. */
  private readonly shortcuts = new Map<string, string>();
  private lower = new Set<string>();
  /** Directories of lower layers that this layer writes into without stating them. */
  private readonly implied = new Set<string>();
  private readonly linked = new Set<string>();
  /** Layers have opaque marks or paths through links: what both together mean differs among unpackers. */
  private marks = false;

  constructor(private readonly random: () => number) {}

  /** Whiteouts come first in some layers and opaque marks come later; both mean paths of lower layers only. */
  beginLayer(layer: number): TestEntry[] {
    this.lower = new Set(this.kinds.keys());
    this.implied.clear();
    this.linked.clear();
    this.marks = layer % 2 === 1;
    if (layer === 0) return [];
    const removed = [...this.lower].filter(() => this.below(8) === 0);
    for (const path of removed) this.remove(path);
    return removed.map((path) => ({ name: path.replace(/[^/]*$/, '.wh.$&').slice(1) }));
  }

  entry(text: string): TestEntry[] {
    const parent = this.directory();
    const base = this.pick(NAMES);
    const path = `${parent.real}/${base}`;
    const owner = {
      name: `${parent.written}/${base}`.slice(1),
      uid: this.pick(OWNERS),
      gid: this.pick(OWNERS),
      mtime: new Date((1_700_000_000 + this.below(1e6)) * 1000),
    };
    switch (this.below(12)) {
      case 0:
      case 1:
      case 2:
      case 3:
        if (this.kinds.get(path) !== 'directory') this.put(path, 'directory');
        return [{ ...owner, type: 'directory', mode: this.pick(DIRECTORY_MODES) }];
      case 4:
      case 5: {
        const target = this.below(2) === 0 ? this.directory().real : this.pick(TARGETS);
        this.put(path, 'link');
        if (this.kinds.get(target) === 'directory') this.shortcuts.set(path, target);
        return [{ ...owner, type: 'symlink', linkname: target || '/', mode: 0o777 }];
      }
      case 6:
      case 7: {
        const files = [...this.kinds].filter(([other, kind]) => kind === 'file' && !inside(other, path));
        if (files.length === 0) return [];
        const [linkname] = this.pick(files);
        this.linked.add(linkname);
        this.put(path, 'file');
        return [{ ...owner, type: 'link', linkname: linkname.slice(1), mode: this.pick(MODES) }];
      }
      case 8:
        return this.opaque(parent);
      default:
        this.put(path, 'file');
        return [{ ...owner, mode: this.pick(MODES), content: text.repeat(this.below(40)) }];
    }
  }

  private opaque({ real, written }: { real: string; written: string }): TestEntry[] {
    if (real === '' || !this.marks) return [];
    // A mark that comes too late for what the layer already relies on means different things to different unpackers.
    const relied = [...this.implied, ...this.linked].some((path) => path !== real && inside(path, real));
    if (relied) return [];
    for (const path of this.lower) if (inside(path, real) && path !== real) this.remove(path);
    return [{ name: `${written}/.wh..wh..opq`.slice(1) }];
  }

  /** A directory that is there, or not yet, also by the name of a link to it. */
  private directory(): { real: string; written: string } {
    const known = ['', ...[...this.kinds].filter(([, kind]) => kind === 'directory').map(([path]) => path)];
    const shortcuts = [...this.shortcuts].filter(([, real]) => this.kinds.get(real) === 'directory');
    if (!this.marks && shortcuts.length > 0 && this.below(4) === 0) {
      const [written, real] = this.pick(shortcuts);
      return { real, written };
    }
    const real = this.pick(known);
    const missing = `${real}/${this.pick(NAMES)}`;
    if (this.below(6) > 0 || this.kinds.has(missing) || depth(missing) > MAX_DEPTH) return { real, written: real };
    this.put(missing, 'directory');
    return { real: missing, written: missing };
  }

  private put(path: string, kind: Kind): void {
    this.remove(path);
    this.kinds.set(path, kind);
    for (let at = path; at !== ''; at = at.slice(0, at.lastIndexOf('/'))) {
      if (this.lower.delete(at) && at !== path) this.implied.add(at);
    }
  }

  private remove(path: string): void {
    for (const other of [...this.kinds.keys()]) {
      if (!inside(other, path)) continue;
      this.kinds.delete(other);
      this.shortcuts.delete(other);
    }
  }

  private below(limit: number): number {
    return Math.floor(this.random() * limit);
  }

  private pick<T>(list: readonly T[]): T {
    return list[this.below(list.length)] as T;
  }
}

function inside(path: string, directory: string): boolean {
  return path === directory || path.startsWith(`${directory}/`);
}

function depth(path: string): number {
  return path.split('/').length - 1;
}

/** mulberry32: enough for tests, and the same everywhere. */
function generator(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

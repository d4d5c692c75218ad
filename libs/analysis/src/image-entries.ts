import { EntryTable, type DigestKind } from './inventory/entry-table.js';
import type { EntryType } from './inventory/layer-inventory.js';

/**
 * Names an entry of a layer among those of all layers: twice its number, and one more where it stands for a hard link to
 * that entry. Twice, not an object with two fields, since there is one for each path.
 */
export type EntryRef = number;

/** The entry of a directory that no layer states. */
export const MADE_DIRECTORY: EntryRef = 0;

/** The entries of all layers of an image, under one numbering. */
export class LayerTables {
  private readonly tables: readonly EntryTable[];
  /** Number of the first row of each table. */
  private readonly starts: readonly number[];

  /** @param layers base first */
  constructor(layers: readonly EntryTable[]) {
    const made = { path: '', type: 'dir', mode: 0o755, uid: 0, gid: 0, size: 0, mtime: 0 } as const;
    this.tables = [EntryTable.of([made]), ...layers];
    let start = 0;
    this.starts = this.tables.map((table) => (start += table.length) - table.length);
  }

  /** `layer` counts from the base, which is 0. */
  ref(layer: number, row: number): EntryRef {
    return 2 * ((this.starts[layer + 1] ?? 0) + row);
  }

  /** Table and row of an entry, and the index of its layer; -1 for {@link MADE_DIRECTORY}. */
  find(ref: EntryRef): { table: EntryTable; row: number; layer: number } {
    const number = ref >>> 1;
    let low = 0;
    let high = this.starts.length;
    while (high - low > 1) {
      const middle = (low + high) >>> 1;
      if ((this.starts[middle] as number) <= number) low = middle;
      else high = middle;
    }
    // `low` is the number of a table, since every number is at least the first start.
    return { table: this.tables[low] as EntryTable, row: number - (this.starts[low] as number), layer: low - 1 };
  }
}

/** One path of the merged image; its fields are read from the packed entries when they are asked for. */
export class ImageEntry {
  constructor(
    readonly path: string,
    private readonly table: EntryTable,
    private readonly row: number,
    /** Index of the layer that describes the content, base first; -1 when none does. */
    readonly layer: number,
    /** True for further names of a file whose content is counted elsewhere. */
    readonly hardLink: boolean,
  ) {}

  get type(): Exclude<EntryType, 'hardlink'> {
    return this.table.type(this.row) as Exclude<EntryType, 'hardlink'>; // squash() replaces those by what they mean
  }

  get mode(): number {
    return this.table.mode(this.row);
  }

  get uid(): number {
    return this.table.uid(this.row);
  }

  get gid(): number {
    return this.table.gid(this.row);
  }

  /** Bytes of a regular file's content, also through a hard link; else 0. */
  get size(): number {
    return this.table.size(this.row);
  }

  get mtime(): number {
    return this.table.mtime(this.row);
  }

  /** Symbolic links: the text as stored. */
  get linkTarget(): string | undefined {
    return this.table.linkTarget(this.row);
  }

  get sha1(): string | undefined {
    return this.digest('sha1');
  }

  get sha256(): string | undefined {
    return this.digest('sha256');
  }

  get md5(): string | undefined {
    return this.digest('md5');
  }

  /** The path under which the layer describes the content. */
  get layerPath(): string {
    return this.table.path(this.row);
  }

  private digest(kind: DigestKind): string | undefined {
    return this.table.digest(this.row, kind);
  }
}

/** The paths of a merged image, in their order, and the entries of layers that they stand for. */
export class ImageEntries implements Iterable<ImageEntry> {
  private readonly positions = new Map<string, number>();

  /** `paths` sorted, `refs` belonging to them. */
  constructor(
    private readonly tables: LayerTables,
    private readonly paths: readonly string[],
    private readonly refs: readonly EntryRef[],
  ) {
    for (let position = 0; position < paths.length; position += 1) {
      this.positions.set(paths[position] as string, position); // within the list
    }
  }

  get length(): number {
    return this.paths.length;
  }

  /** The path as the list holds it, undefined when it does not: who keeps that keeps no second text of the name. */
  known(path: string): string | undefined {
    const position = this.positions.get(path);
    return position === undefined ? undefined : this.paths[position];
  }

  get(path: string): ImageEntry | undefined {
    const position = this.positions.get(path);
    return position === undefined ? undefined : this.at(position);
  }

  *[Symbol.iterator](): Generator<ImageEntry> {
    for (let position = 0; position < this.paths.length; position += 1) yield this.at(position);
  }

  private at(position: number): ImageEntry {
    const ref = this.refs[position] as number; // both lists have an item for each position
    const { table, row, layer } = this.tables.find(ref);
    return new ImageEntry(this.paths[position] as string, table, row, layer, (ref & 1) === 1);
  }
}

import { FactParts, type Cataloger } from '../catalogers/cataloger.js';
import { AnalysisError } from '../errors.js';
import type { EntryTable } from '../inventory/entry-table.js';
import type { LayerInventory } from '../inventory/layer-inventory.js';
import type { AnalysisLimits } from '../rules.js';
import type { Wishes } from './interests.js';
import type { Warnings } from './warnings.js';

/** Characters of one fact as JSON; a stored inventory has a line for each. */
const MAX_FACT = 16 * 1024 * 1024;

/** The entry whose content is looked at: its path, and its row among those of the layer. */
export interface Origin {
  path: string;
  row: number;
}

/** What is taken from the content of a layer's files. */
export class Findings {
  private readonly kept: LayerInventory['kept'] = [];
  private readonly facts: LayerInventory['facts'] = [];
  private readonly hits: LayerInventory['hits'] = [];
  private keptBytes = 0;
  private pending: (() => Promise<void>)[] = [];
  /** Row of the entry that each kept file, fact and hit was taken from. */
  private readonly origins = new Map<{ path: string }, number>();

  constructor(
    private readonly limits: AnalysisLimits,
    private readonly warnings: Warnings,
  ) {}

  /**
   * Does what is wished with a file's content, extractions excepted, which wait for `settle`; `content` may be a view of
   * a chunk that lives until then. Throws AnalysisError `kept_bytes_limit`.
   */
  take(origin: Origin, content: Buffer, wishes: Wishes): void {
    const { path } = origin;
    if (wishes.keep) {
      this.spend(content.length);
      this.kept.push(this.from(origin, { path, content: Buffer.from(content) }));
    }
    if (wishes.searches.length > 0) {
      const text = content.toString('latin1');
      const lower = text.toLowerCase();
      for (const { name, search } of wishes.searches) {
        const matches = search.search(text, lower);
        if (matches) this.hits.push(this.from(origin, { search: name, path, matches }));
      }
    }
    for (const cataloger of wishes.extract) this.pending.push(() => this.extract(cataloger, origin, content));
  }

  /**
   * Does the extractions that the last chunk asked for, in order; call it before the next chunk is written. Throws
   * AnalysisError `kept_bytes_limit`.
   */
  async settle(): Promise<void> {
    if (this.pending.length === 0) return;
    const pending = this.pending;
    this.pending = [];
    for (const extract of pending) await extract();
  }

  /** Everything that was taken. Of several entries with one path only what the last one gave; `entries` in tar order. */
  result(entries: EntryTable): Pick<LayerInventory, 'kept' | 'facts' | 'hits'> {
    const last = new Map<string, number>();
    for (const { path } of this.origins.keys()) last.set(path, -1);
    for (let row = 0; last.size > 0 && row < entries.length; row += 1) {
      const path = entries.path(row);
      if (last.has(path)) last.set(path, row);
    }
    const counts = (item: { path: string }) => this.origins.get(item) === last.get(item.path);
    return { kept: this.kept.filter(counts), facts: this.facts.filter(counts), hits: this.hits.filter(counts) };
  }

  private async extract(cataloger: Cataloger, origin: Origin, content: Buffer): Promise<void> {
    const { path } = origin;
    const add = (value: unknown) => {
      if (value === undefined) return;
      const { length } = JSON.stringify(value);
      if (length > MAX_FACT) throw new Error(`a single package with ${length} characters of facts`);
      this.spend(length);
      this.facts.push(this.from(origin, { cataloger: cataloger.name, path, value }));
    };
    try {
      const value = await cataloger.extract?.(path, content, this.limits);
      if (value instanceof FactParts) for await (const part of value.values) add(part);
      else add(value);
    } catch (error) {
      if (error instanceof AnalysisError) throw error;
      this.warnings.add(`${path}: ${cataloger.name} could not read it: ${(error as Error).message}`);
    }
  }

  private spend(bytes: number): void {
    this.keptBytes += bytes;
    if (this.keptBytes <= this.limits.keptBytes) return;
    throw new AnalysisError(
      'kept_bytes_limit',
      `package databases and retrieved files of more than ${this.limits.keptBytes} bytes; raise the limit if this is meant`,
    );
  }

  private from<T extends { path: string }>({ row }: Origin, item: T): T {
    this.origins.set(item, row);
    return item;
  }
}

import { CATALOGERS } from '../catalogers/index.js';
import type { Cataloger } from '../catalogers/cataloger.js';
import { DISTRO_FILES } from '../distro.js';
import { AnalysisError } from '../errors.js';
import type { LayerEntry, LayerInventory, SearchHit } from '../inventory/layer-inventory.js';
import { LineSearch } from '../line-search.js';
import type { AnalysisLimits, AnalysisRules } from '../rules.js';
import { baseName, cleanPath, nameText, parentOf } from './entry-path.js';
import { digestsOf, EMPTY_DIGESTS, FileDigester } from './file-digester.js';
import type { TarEntry, TarHandler } from './tar-reader.js';

const MAX_WARNINGS = 1000;

type Collected = Omit<LayerInventory, 'version' | 'diffId' | 'inflatedBytes'>;

/** What is to be done with the content of the current file. */
interface Wishes {
  keep: boolean;
  extract: Cataloger[];
  searches: { name: SearchHit['search']; search: LineSearch }[];
}

/** Turns tar entries into an inventory. Holds at most one file's bytes beside what is kept. */
export class LayerCollector implements TarHandler {
  private readonly collected: Collected = {
    entries: [],
    whiteouts: [],
    opaqueDirs: [],
    kept: [],
    facts: [],
    hits: [],
    warnings: [],
  };
  private readonly keepAlways: Map<string, number>;
  private readonly searches: Wishes['searches'] = [];
  private readonly largestSearch: number;
  private pending: (() => Promise<void>)[] = [];
  private keptBytes = 0;
  private seen = 0;
  private suppressed = 0;
  private current: LayerEntry | undefined;
  private wishes: Wishes | undefined;
  private held: Buffer | undefined;
  private heldLength = 0;
  private digester: FileDigester | undefined;

  constructor(
    rules: AnalysisRules,
    private readonly limits: AnalysisLimits,
  ) {
    this.keepAlways = new Map(DISTRO_FILES.map((path) => [path, limits.keptFileBytes]));
    for (const path of rules.retrieveFiles?.paths ?? []) {
      const size = rules.retrieveFiles?.maxFileSize ?? limits.keptFileBytes;
      this.keepAlways.set(cleanPath(path).path, Math.min(size, limits.keptFileBytes));
    }
    if (rules.secretSearch) this.searches.push({ name: 'secret_search', search: new LineSearch(rules.secretSearch) });
    if (rules.contentSearch)
      this.searches.push({ name: 'content_search', search: new LineSearch(rules.contentSearch) });
    this.largestSearch = Math.max(-1, ...this.searches.map(({ search }) => search.maxFileSize));
  }

  entry(tar: TarEntry): void {
    this.current = undefined;
    if ((this.seen += 1) > this.limits.entries) {
      throw new AnalysisError(
        'entries_limit',
        `more than ${this.limits.entries} entries; raise the limit if this is meant`,
      );
    }
    const path = this.pathOf(tar.name);
    if (path === '/') return;
    const base = baseName(path);
    if (base.startsWith('.wh.')) {
      this.whiteout(path, base);
      return;
    }
    const entry: LayerEntry = {
      path,
      type: tar.type,
      mode: tar.mode,
      uid: tar.uid,
      gid: tar.gid,
      size: tar.sparseSize ?? tar.size,
      mtime: tar.mtime,
    };
    if (tar.type === 'slink') {
      this.checkLength(tar.linkName);
      entry.linkTarget = nameText(tar.linkName);
    } else if (tar.type === 'hardlink') {
      entry.linkTarget = this.pathOf(tar.linkName);
    }
    this.collected.entries.push(entry);
    if (tar.type !== 'file') return;
    if (tar.sparseSize !== undefined) {
      this.warn(`${path} is stored with holes; its digests were not taken`);
      return;
    }
    this.current = entry;
    this.wishes = this.wishesFor(path, tar.size);
  }

  data(piece: Buffer): void {
    const entry = this.current;
    if (!entry) return;
    if (piece.length === entry.size) {
      Object.assign(entry, digestsOf(piece));
      if (this.wishes) this.use(entry.path, piece, this.wishes);
      return;
    }
    if (!this.digester) {
      this.digester = new FileDigester();
      if (this.wishes) this.held = Buffer.allocUnsafeSlow(entry.size);
      this.heldLength = 0;
    }
    this.digester.update(piece);
    if (this.held) this.heldLength += piece.copy(this.held, this.heldLength);
  }

  end(): void {
    const entry = this.current;
    if (!entry) return;
    if (entry.size === 0) {
      Object.assign(entry, EMPTY_DIGESTS);
      if (this.wishes) this.use(entry.path, Buffer.alloc(0), this.wishes);
    } else if (this.digester) {
      Object.assign(entry, this.digester.digests());
      if (this.wishes && this.held) this.use(entry.path, this.held, this.wishes);
    }
    this.current = this.wishes = this.held = this.digester = undefined;
  }

  /** Does the extractions that the last chunk asked for, in order; call it before the next chunk is written. */
  async settle(): Promise<void> {
    if (this.pending.length === 0) return;
    const pending = this.pending;
    this.pending = [];
    for (const extract of pending) await extract();
  }

  result(): Collected {
    if (this.suppressed > 0) this.collected.warnings.push(`${this.suppressed} more warnings were left out`);
    return this.collected;
  }

  private wishesFor(path: string, size: number): Wishes | undefined {
    const wishes: Wishes = { keep: size <= (this.keepAlways.get(path) ?? -1), extract: [], searches: [] };
    for (const cataloger of CATALOGERS) {
      const interest = cataloger.wants(path);
      if (interest === undefined) continue;
      const limit = cataloger.sizeLimit(this.limits);
      if (size > limit) this.warn(`${path} has ${size} bytes, more than the ${limit} that ${cataloger.name} looks at`);
      else if (interest === 'keep') wishes.keep = true;
      else wishes.extract.push(cataloger);
    }
    if (size > 0 && size <= this.largestSearch) {
      wishes.searches = this.searches.filter(({ search }) => size <= search.maxFileSize);
    }
    return wishes.keep || wishes.extract.length > 0 || wishes.searches.length > 0 ? wishes : undefined;
  }

  /** `content` may be a view of a chunk that lives until `settle` is done. */
  private use(path: string, content: Buffer, wishes: Wishes): void {
    if (wishes.keep) {
      this.keptBytes += content.length;
      if (this.keptBytes > this.limits.keptBytes) {
        throw new AnalysisError(
          'kept_bytes_limit',
          `package databases and retrieved files of more than ${this.limits.keptBytes} bytes; raise the limit if this is meant`,
        );
      }
      this.collected.kept.push({ path, content: content.toString('base64') });
    }
    if (wishes.searches.length > 0) {
      const text = content.toString('latin1');
      const lower = text.toLowerCase();
      for (const { name, search } of wishes.searches) {
        const matches = search.search(text, lower);
        if (matches) this.collected.hits.push({ search: name, path, matches });
      }
    }
    for (const cataloger of wishes.extract) this.pending.push(() => this.extract(cataloger, path, content));
  }

  private async extract(cataloger: Cataloger, path: string, content: Buffer): Promise<void> {
    try {
      const value = await cataloger.extract?.(path, content, this.limits);
      if (value !== undefined) this.collected.facts.push({ cataloger: cataloger.name, path, value });
    } catch (error) {
      this.warn(`${path}: ${cataloger.name} could not read it: ${(error as Error).message}`);
    }
  }

  private whiteout(path: string, base: string): void {
    const parent = parentOf(path);
    if (base === '.wh..wh..opq') this.collected.opaqueDirs.push(parent);
    else if (base.startsWith('.wh..wh.'))
      return; // bookkeeping of the aufs driver
    else if (['', '.', '..'].includes(base.slice(4))) this.warn(`${path} is a whiteout of nothing; it was left out`);
    else this.collected.whiteouts.push(`${parent === '/' ? '' : parent}/${base.slice(4)}`);
  }

  private pathOf(name: Buffer): string {
    this.checkLength(name);
    const text = nameText(name);
    const { path, escapes } = cleanPath(text);
    if (escapes) this.warn(`the name ${JSON.stringify(text)} leads out of the root; it was taken as ${path}`);
    return path;
  }

  private checkLength(name: Buffer): void {
    if (name.length <= this.limits.pathLength) return;
    throw new AnalysisError(
      'path_length_limit',
      `a name of ${name.length} bytes that begins with ${JSON.stringify(nameText(name.subarray(0, 80)))}; ` +
        `${this.limits.pathLength} are allowed`,
    );
  }

  private warn(text: string): void {
    if (this.collected.warnings.length < MAX_WARNINGS) this.collected.warnings.push(text);
    else this.suppressed += 1;
  }
}

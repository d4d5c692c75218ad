import { FactParts, HEAD_BYTES, type Cataloger } from '../catalogers/cataloger.js';
import { CATALOGERS } from '../catalogers/index.js';
import { DISTRO_FILES } from '../distro.js';
import { AnalysisError } from '../errors.js';
import { HINTS_FILE } from '../hints.js';
import type { LayerEntry, LayerInventory, SearchHit } from '../inventory/layer-inventory.js';
import { LineSearch } from '../line-search.js';
import type { AnalysisLimits, AnalysisRules } from '../rules.js';
import { baseName, cleanPath, nameText, parentOf } from './entry-path.js';
import { digestsOf, EMPTY_DIGESTS, FileDigester } from './file-digester.js';
import { HeldContent, looksExecutable } from './held-content.js';
import type { TarEntry, TarHandler } from './tar-reader.js';

const MAX_WARNINGS = 1000;

const EXECUTABLE_CATALOGERS = CATALOGERS.filter((cataloger) => 'wantsExecutable' in cataloger);

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
  private held: HeldContent | undefined;
  /** The head of the current file is not yet judged. */
  private undecided = false;
  private digester: FileDigester | undefined;
  /** The entry that each kept file, fact and hit was taken from. */
  private readonly origins = new Map<{ path: string }, LayerEntry>();

  constructor(
    rules: AnalysisRules,
    private readonly limits: AnalysisLimits,
  ) {
    this.keepAlways = new Map([...DISTRO_FILES, HINTS_FILE].map((path) => [path, limits.keptFileBytes]));
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
      size: tar.size,
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
    if (tar.tooSparse) {
      this.warn(`${path} has holes that are too large to be read; its digests were not taken`);
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
      if (looksExecutable(piece)) this.judge(entry, piece.subarray(0, HEAD_BYTES));
      if (this.wishes) this.use(entry, piece, this.wishes);
      return;
    }
    if (!this.digester) {
      this.digester = new FileDigester();
      this.undecided = looksExecutable(piece);
      if (this.wishes || this.undecided) this.held = new HeldContent(entry.size, HEAD_BYTES);
      if (this.wishes) this.held?.holdAll();
    }
    this.digester.update(piece);
    if (this.held) this.hold(entry, this.held, piece);
  }

  end(): void {
    const entry = this.current;
    if (!entry) return;
    if (entry.size === 0) {
      Object.assign(entry, EMPTY_DIGESTS);
      if (this.wishes) this.use(entry, Buffer.alloc(0), this.wishes);
    } else if (this.digester) {
      Object.assign(entry, this.digester.digests());
      if (this.wishes && this.held) this.use(entry, this.held.content(), this.wishes);
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
    this.dropOverwritten();
    if (this.suppressed > 0) this.collected.warnings.push(`${this.suppressed} more warnings were left out`);
    return this.collected;
  }

  private wishesFor(path: string, size: number): Wishes | undefined {
    const wishes: Wishes = { keep: size <= (this.keepAlways.get(path) ?? -1), extract: [], searches: [] };
    for (const cataloger of CATALOGERS) {
      const interest = cataloger.wants(path);
      if (interest === undefined) continue;
      const limit = cataloger.sizeLimit(this.limits, path);
      if (size > limit) this.warnOfSize(path, size, limit, cataloger);
      else if (interest === 'keep') wishes.keep = true;
      else wishes.extract.push(cataloger);
    }
    if (size > 0 && size <= this.largestSearch) {
      wishes.searches = this.searches.filter(({ search }) => size <= search.maxFileSize);
    }
    return wishes.keep || wishes.extract.length > 0 || wishes.searches.length > 0 ? wishes : undefined;
  }

  private hold(entry: LayerEntry, held: HeldContent, piece: Buffer): void {
    const taken = held.append(piece);
    if (!this.undecided) return;
    const head = held.head();
    if (!head) return;
    this.undecided = false;
    this.judge(entry, head);
    if (this.wishes) {
      held.holdAll();
      held.append(piece.subarray(taken));
    } else {
      this.held = undefined;
    }
  }

  /** Adds what catalogers of executables want of the current file, judged by its head. */
  private judge(entry: LayerEntry, head: Buffer): void {
    if (!looksExecutable(head)) return;
    for (const cataloger of EXECUTABLE_CATALOGERS) {
      if (!cataloger.wantsExecutable?.(head)) continue;
      const limit = cataloger.sizeLimit(this.limits, entry.path);
      if (entry.size > limit) this.warnOfSize(entry.path, entry.size, limit, cataloger);
      else (this.wishes ??= { keep: false, extract: [], searches: [] }).extract.push(cataloger);
    }
  }

  /** `content` may be a view of a chunk that lives until `settle` is done. */
  private use(entry: LayerEntry, content: Buffer, wishes: Wishes): void {
    const { path } = entry;
    if (wishes.keep) {
      this.keptBytes += content.length;
      if (this.keptBytes > this.limits.keptBytes) {
        throw new AnalysisError(
          'kept_bytes_limit',
          `package databases and retrieved files of more than ${this.limits.keptBytes} bytes; raise the limit if this is meant`,
        );
      }
      this.collected.kept.push(this.from(entry, { path, content: content.toString('base64') }));
    }
    if (wishes.searches.length > 0) {
      const text = content.toString('latin1');
      const lower = text.toLowerCase();
      for (const { name, search } of wishes.searches) {
        const matches = search.search(text, lower);
        if (matches) this.collected.hits.push(this.from(entry, { search: name, path, matches }));
      }
    }
    for (const cataloger of wishes.extract) this.pending.push(() => this.extract(cataloger, entry, content));
  }

  private async extract(cataloger: Cataloger, entry: LayerEntry, content: Buffer): Promise<void> {
    const { path } = entry;
    const add = (value: unknown) => {
      if (value === undefined) return;
      this.collected.facts.push(this.from(entry, { cataloger: cataloger.name, path, value }));
    };
    try {
      const value = await cataloger.extract?.(path, content, this.limits);
      if (value instanceof FactParts) for await (const part of value.values) add(part);
      else add(value);
    } catch (error) {
      this.warn(`${path}: ${cataloger.name} could not read it: ${(error as Error).message}`);
    }
  }

  private from<T extends { path: string }>(entry: LayerEntry, item: T): T {
    this.origins.set(item, entry);
    return item;
  }

  /** Of several entries with one path the last one counts; what was taken from the others is dropped. */
  private dropOverwritten(): void {
    const described = new Set([...this.origins.keys()].map((item) => item.path));
    const last = new Map<string, LayerEntry>();
    for (const entry of this.collected.entries) if (described.has(entry.path)) last.set(entry.path, entry);
    const counts = (item: { path: string }) => this.origins.get(item) === last.get(item.path);
    this.collected.kept = this.collected.kept.filter(counts);
    this.collected.facts = this.collected.facts.filter(counts);
    this.collected.hits = this.collected.hits.filter(counts);
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

  private warnOfSize(path: string, size: number, limit: number, cataloger: Cataloger): void {
    this.warn(`${path} has ${size} bytes, more than the ${limit} that ${cataloger.name} looks at`);
  }

  private warn(text: string): void {
    if (this.collected.warnings.length < MAX_WARNINGS) this.collected.warnings.push(text);
    else this.suppressed += 1;
  }
}

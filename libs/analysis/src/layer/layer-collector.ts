import { HEAD_BYTES } from '../catalogers/cataloger.js';
import { AnalysisError } from '../errors.js';
import { EntryTable } from '../inventory/entry-table.js';
import type { LayerEntry, LayerInventory } from '../inventory/layer-inventory.js';
import type { AnalysisLimits, AnalysisRules } from '../rules.js';
import { baseName, cleanPath, nameText, parentOf } from './entry-path.js';
import { digestsOf, EMPTY_DIGESTS, FileDigester } from './file-digester.js';
import { Findings } from './findings.js';
import { HeldContent, looksExecutable } from './held-content.js';
import { Interests, type Wishes } from './interests.js';
import type { TarEntry, TarHandler } from './tar-reader.js';
import { Warnings } from './warnings.js';

type Collected = Omit<LayerInventory, 'version' | 'diffId' | 'inflatedBytes'>;

/** Turns tar entries into an inventory. Holds at most one file's bytes beside what is kept. */
export class LayerCollector implements TarHandler {
  private readonly entries = new EntryTable();
  private readonly whiteouts: string[] = [];
  private readonly opaqueDirs: string[] = [];
  private readonly warnings = new Warnings();
  private readonly interests: Interests;
  private readonly findings: Findings;
  private seen = 0;
  /** The file that is being read; it is added once its digests are known. */
  private current: LayerEntry | undefined;
  private wishes: Wishes | undefined;
  private held: HeldContent | undefined;
  /** The head of the current file is not yet judged. */
  private undecided = false;
  private digester: FileDigester | undefined;

  /** Throws AnalysisError `invalid_pattern`. */
  constructor(
    rules: AnalysisRules,
    private readonly limits: AnalysisLimits,
  ) {
    this.interests = new Interests(rules, limits, this.warnings);
    this.findings = new Findings(limits, this.warnings);
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
    if (tar.tooSparse) {
      this.warnings.add(`${path} has holes that are too large to be read; its digests were not taken`);
    }
    if (tar.type !== 'file' || tar.tooSparse) {
      this.entries.add(entry);
      return;
    }
    this.current = entry;
    this.wishes = this.interests.byPath(path, tar.size);
  }

  data(piece: Buffer): void {
    const entry = this.current;
    if (!entry) return;
    if (piece.length === entry.size) {
      Object.assign(entry, digestsOf(piece));
      this.judge(entry, piece.subarray(0, HEAD_BYTES));
      if (this.wishes) this.take(entry, piece, this.wishes);
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
      if (this.wishes) this.take(entry, Buffer.alloc(0), this.wishes);
    } else if (this.digester) {
      Object.assign(entry, this.digester.digests());
      if (this.wishes && this.held) this.take(entry, this.held.content(), this.wishes);
    }
    this.entries.add(entry);
    this.current = this.wishes = this.held = this.digester = undefined;
  }

  /** Does the extractions that the last chunk asked for; call it before the next chunk is written. */
  settle(): Promise<void> {
    return this.findings.settle();
  }

  result(): Collected {
    const { entries, whiteouts, opaqueDirs } = this;
    return { entries, whiteouts, opaqueDirs, ...this.findings.result(entries), warnings: this.warnings.list() };
  }

  private hold(entry: LayerEntry, held: HeldContent, piece: Buffer): void {
    const taken = held.append(piece);
    const head = this.undecided ? held.head() : undefined;
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

  private take({ path }: LayerEntry, content: Buffer, wishes: Wishes): void {
    this.findings.take({ path, row: this.entries.length }, content, wishes);
  }

  private judge({ path, size }: LayerEntry, head: Buffer): void {
    this.wishes = this.interests.byHead(head, path, size, this.wishes);
  }

  private whiteout(path: string, base: string): void {
    const parent = parentOf(path);
    if (base === '.wh..wh..opq') this.opaqueDirs.push(parent);
    else if (base.startsWith('.wh..wh.'))
      return; // bookkeeping of the aufs driver
    else if (['', '.', '..'].includes(base.slice(4)))
      this.warnings.add(`${path} is a whiteout of nothing; it was left out`);
    else this.whiteouts.push(`${parent === '/' ? '' : parent}/${base.slice(4)}`);
  }

  private pathOf(name: Buffer): string {
    this.checkLength(name);
    const text = nameText(name);
    const { path, escapes } = cleanPath(text);
    if (escapes) this.warnings.add(`the name ${JSON.stringify(text)} leads out of the root; it was taken as ${path}`);
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
}

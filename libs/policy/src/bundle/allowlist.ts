import { compileNamePattern, isRawPattern } from '../patterns/name-pattern.js';
import { UserPatternError, type PatternCompiler } from '../patterns/user-pattern.js';
import type { PolicyProblem } from '../problem.js';
import { shorten } from '../python-text.js';
import { expiryFault, parseExpiry } from './expiry.js';
import { isRecord, listOf, textOf } from './location.js';
import { versionProblems } from './version.js';

interface Item {
  /** Place in the document: the first item that covers a finding counts. */
  index: number;
  id: string | null;
  /** Milliseconds since 1970; null for never. */
  expires: number | null;
}

/** An item that covers a finding. */
export interface AllowlistCover {
  itemId: string | null;
  expires: Date | null;
}

/**
 * An allowlist, ready for any number of evaluations. Items are found by their trigger id (exact ids and the form `X*` by
 * look-up, all else one by one), so thousands of items cost no more than a few for most findings.
 */
export class CompiledAllowlist {
  readonly id: string;
  readonly name: string | null;
  /** What else is wrong with the list; errors of items only make those items cover nothing. */
  readonly problems: PolicyProblem[];
  readonly usable: boolean;
  private readonly byGate = new Map<string, GateItems>();

  constructor(
    raw: unknown,
    private readonly path: string,
    private readonly patterns: PatternCompiler,
    /** What is wrong with the shape of the list and its items. */
    readonly shape: readonly PolicyProblem[],
  ) {
    const source = isRecord(raw) ? raw : {};
    this.id = textOf(source.id) ?? '';
    this.name = textOf(source.name);
    this.problems = versionProblems(source.version, `${path}.version`);
    this.usable = this.problems.length === 0 && shape.length === 0;
    for (const [index, item] of listOf(source.items).entries()) if (isRecord(item)) this.add(item, index);
  }

  /** The first item that covers the finding and has not expired. */
  covers(gate: string, triggerId: string, now: Date): AllowlistCover | undefined {
    const item = this.byGate.get(gate.toLowerCase())?.first(triggerId, now.getTime());
    if (!item) return undefined;
    return { itemId: item.id, expires: item.expires === null ? null : new Date(item.expires) };
  }

  private add(raw: Record<string, unknown>, index: number): void {
    const gate = textOf(raw.gate)?.toLowerCase();
    const triggerId = textOf(raw.trigger_id);
    if (gate === undefined || triggerId === null) return;
    const expiresOn = textOf(raw.expires_on);
    const expires = expiresOn === null ? null : parseExpiry(expiresOn);
    if (expires === undefined) {
      this.fault(index, 'expires_on', 'Exception', expiryFault(shorten(expiresOn ?? '')));
      return;
    }
    const items = this.byGate.get(gate) ?? new GateItems();
    this.byGate.set(gate, items);
    try {
      items.add({ index, id: textOf(raw.id), expires }, triggerId, this.patterns);
    } catch (error) {
      if (!(error instanceof UserPatternError)) throw error;
      this.fault(index, 'trigger_id', 'ValidationError', `Invalid pattern ${shorten(triggerId)}: ${error.message}`);
    }
  }

  private fault(index: number, key: string, problem_type: 'Exception' | 'ValidationError', details: string): void {
    this.problems.push({ severity: 'error', problem_type, details, path: `${this.path}.items[${index}].${key}` });
  }
}

/** The items of one gate. */
class GateItems {
  private readonly exact = new Map<string, Item[]>();
  private readonly byPrefix = new Map<string, Item[]>();
  private readonly prefixLengths = new Set<number>();
  private readonly others: { item: Item; matches: (text: string) => boolean }[] = [];

  add(item: Item, triggerId: string, patterns: PatternCompiler): void {
    append(this.exact, triggerId, item); // a pattern covers its own text as well
    if (isRawPattern(triggerId) || !/^[^*]*\*?$/.test(triggerId)) {
      this.others.push({ item, matches: compileNamePattern(triggerId, patterns) });
    } else if (triggerId.endsWith('*')) {
      const prefix = triggerId.slice(0, -1);
      append(this.byPrefix, prefix, item);
      this.prefixLengths.add(prefix.length);
    }
  }

  first(triggerId: string, now: number): Item | undefined {
    let found = earliest(this.exact.get(triggerId), now);
    for (const length of this.prefixLengths) {
      if (length > triggerId.length) continue;
      found = earlier(found, earliest(this.byPrefix.get(triggerId.slice(0, length)), now));
    }
    for (const { item, matches } of this.others) {
      if (found && item.index > found.index) break;
      if (isValid(item, now) && matches(triggerId)) return item;
    }
    return found;
  }
}

function append(map: Map<string, Item[]>, key: string, item: Item): void {
  const items = map.get(key);
  if (items) items.push(item);
  else map.set(key, [item]);
}

function isValid(item: Item, now: number): boolean {
  return item.expires === null || now < item.expires;
}

function earliest(items: readonly Item[] | undefined, now: number): Item | undefined {
  return items?.find((item) => isValid(item, now));
}

function earlier(a: Item | undefined, b: Item | undefined): Item | undefined {
  if (!a || !b) return a ?? b;
  return a.index < b.index ? a : b;
}

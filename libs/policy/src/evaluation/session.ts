import { PolicyError } from '../errors.js';
import type { RuleContext } from '../gates/gate.js';
import type { ImageView } from '../image-view.js';
import { PatternBudget } from '../patterns/user-pattern.js';
import type { PolicyProblem } from '../problem.js';

/** Findings that one evaluation may have. */
const MOST_FINDINGS = 200_000;

/** What the rules of one evaluation share. */
export class EvaluationSession {
  readonly problems: PolicyProblem[] = [];
  private readonly computed = new Map<unknown, unknown>();
  private readonly patternTime = new PatternBudget();
  private findings = 0;
  private edge = Number.POSITIVE_INFINITY;

  constructor(
    readonly view: ImageView,
    readonly tag: string,
    readonly now: Date,
    private readonly signal: AbortSignal | undefined,
  ) {}

  /** The next moment at which the clock alone changes the result; null when it never does. */
  get validUntil(): Date | null {
    return Number.isFinite(this.edge) ? new Date(this.edge) : null;
  }

  changesAt(moment: Date): void {
    const time = moment.getTime();
    if (time > this.now.getTime() && time < this.edge) this.edge = time;
  }

  /** Counts a finding. False when there are more than an answer can bear. */
  countFinding(): boolean {
    this.findings += 1;
    return this.findings <= MOST_FINDINGS;
  }

  /** Throws PolicyError `evaluation_aborted` when the caller no longer wants the answer. */
  checkAborted(): void {
    if (this.signal?.aborted)
      throw new PolicyError(
        'evaluation_aborted',
        `the evaluation of ${this.view.imageId} was aborted`,
        this.signal.reason,
      );
  }

  /** What the rule may use. Warnings become problems that name the rule. */
  contextFor(ruleId: string | null, warning: (details: string) => PolicyProblem): RuleContext {
    const { view, tag, now } = this;
    return {
      view,
      tag,
      now,
      ruleId,
      once: (compute) => this.once(compute),
      matches: (pattern, text) => this.patternTime.matches(pattern, text),
      changesAt: (moment) => this.changesAt(moment),
      warn: (details) => this.problems.push(warning(details)),
    };
  }

  private once<T>(compute: (view: ImageView) => T): T {
    if (!this.computed.has(compute)) this.computed.set(compute, compute(this.view));
    return this.computed.get(compute) as T; // what this very function gave
  }
}

import type { ListedFile, ImageView } from '../image-view.js';
import type { Parameter, Parameters, ParameterValues, ValueFault } from '../parameters/index.js';
import type { UserPattern } from '../patterns/user-pattern.js';

/** One thing that a trigger found. Without an id of its own the finding gets the digest of its message. */
export interface Finding {
  message: string;
  triggerId?: string;
}

export type Findings = Iterable<Finding> | AsyncIterable<Finding> | Promise<Iterable<Finding>>;

/** What a rule may use while it is evaluated. */
export interface RuleContext {
  readonly view: ImageView;
  readonly tag: string;
  readonly now: Date;
  readonly ruleId: string | null;
  /** The result of `compute`, which runs once for all rules of the evaluation. */
  once<T>(compute: (view: ImageView) => T): T;
  /** Applies a pattern of the user on account of the evaluation's budget. */
  matches(pattern: UserPattern, text: string): boolean;
  /** States that the finding may be another one from this moment on; moments in the past do not count. */
  changesAt(moment: Date): void;
  /** Adds a warning to the answer: the rule could not be answered in the usual way. */
  warn(details: string): void;
}

/** The rule cannot be answered for this image: it counts as stop, and the problem has this type and text. */
export class RuleFault extends Error {
  override readonly name = 'RuleFault';

  constructor(
    message: string,
    readonly problemType: 'TriggerEvaluationError' | 'TriggerNotAvailableError' = 'TriggerEvaluationError',
  ) {
    super(message);
  }
}

/** States of gates and triggers: `deprecated` ones work and warn, `eol` ones are refused and ignored. */
export type LifecycleState = 'active' | 'deprecated' | 'eol';

/** A fault of the parameters taken together, at one of them. */
export interface CrossFault extends ValueFault {
  parameter: string;
}

/** What is declared of a trigger. Exactly one of `evaluate` and `scan` answers a rule. */
export interface TriggerDeclaration<P extends Parameters> {
  name: string;
  aliases?: readonly string[];
  description: string;
  state?: LifecycleState;
  supersededBy?: string;
  /** Set when the trigger cannot be used while `enable_package_db_load` is false. */
  needsPackageDb?: boolean;
  parameters: P;
  /** Checks what the types of single parameters cannot. */
  crossCheck?(values: ParameterValues<P>): CrossFault[];
  /** Findings of the image. Throws RuleFault when there can be no answer. */
  evaluate?(context: RuleContext, values: ParameterValues<P>): Findings;
  /** Gives a function of one file: all rules with `scan` share one pass over the image's files. */
  scan?(context: RuleContext, values: ParameterValues<P>): (file: ListedFile) => Finding | undefined;
}

/** How one rule is answered. */
export type RuleCheck =
  | { kind: 'image'; run(context: RuleContext): Findings }
  | { kind: 'files'; start(context: RuleContext): (file: ListedFile) => Finding | undefined };

/** A trigger, whatever its parameters are. */
export interface Trigger {
  readonly name: string;
  readonly aliases: readonly string[];
  readonly description: string;
  readonly state: LifecycleState;
  readonly supersededBy: string | null;
  readonly needsPackageDb: boolean;
  readonly parameters: Readonly<Record<string, Parameter<unknown>>>;
  crossCheck(values: Record<string, unknown>): CrossFault[];
  bind(values: Record<string, unknown>): RuleCheck;
}

/** A group of triggers. */
export interface Gate {
  readonly name: string;
  readonly aliases: readonly string[];
  readonly description: string;
  readonly state: LifecycleState;
  readonly supersededBy: string | null;
  readonly triggers: readonly Trigger[];
}

/** Makes a trigger of its declaration. */
export function defineTrigger<P extends Parameters>(declaration: TriggerDeclaration<P>): Trigger {
  // The values were read by the very parameters that P is made of.
  const typed = (values: Record<string, unknown>) => values as ParameterValues<P>;
  return {
    name: declaration.name,
    aliases: declaration.aliases ?? [],
    description: declaration.description,
    state: declaration.state ?? 'active',
    supersededBy: declaration.supersededBy ?? null,
    needsPackageDb: declaration.needsPackageDb ?? false,
    parameters: declaration.parameters,
    crossCheck: (values) => declaration.crossCheck?.(typed(values)) ?? [],
    bind(values) {
      if (!declaration.scan)
        return { kind: 'image', run: (context) => declaration.evaluate?.(context, typed(values)) ?? [] };
      return { kind: 'files', start: (context) => declaration.scan?.(context, typed(values)) ?? (() => undefined) };
    },
  };
}

/** Makes a gate of its declaration. */
export function defineGate(
  declaration: Pick<Gate, 'name' | 'description' | 'triggers'> &
    Partial<Pick<Gate, 'aliases' | 'state' | 'supersededBy'>>,
): Gate {
  return { aliases: [], state: 'active', supersededBy: null, ...declaration };
}

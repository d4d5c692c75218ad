import type { PatternCompiler } from '../patterns/user-pattern.js';

/** How `GET /policy_spec` describes what a parameter accepts. */
export interface ValidatorDescription {
  description: string;
  criteria: Record<string, unknown>;
  type: string;
}

/**
 * Why a value is not accepted. `rule` scope: such values were accepted in the past, so a stored bundle may have them and
 * only the rule suffers; `bundle` scope: they never were.
 */
export interface ValueFault {
  detail: string;
  scope: 'bundle' | 'rule';
}

/** A value that was read, or why not. */
export type Reading<T> = { value: T } | { fault: ValueFault };

/** What the reading of a value may use. */
export interface ReadingContext {
  /** The values of the rule by lower-case name, for types that depend on another parameter. */
  values: ReadonlyMap<string, unknown>;
  /** Compiler for the bundle's regular expressions. */
  patterns: PatternCompiler;
}

/** What a parameter accepts: describes itself, checks a bundle's value and converts it. */
export interface ParameterType<T> {
  readonly validator: ValidatorDescription;
  read(value: unknown, context: ReadingContext): Reading<T>;
}

/** Declaration of one parameter of a trigger; its name is the key in the trigger's `parameters`. */
export interface Parameter<T> {
  description: string;
  example: string | null;
  required: boolean;
  /** Other names that bundles may use. */
  aliases: readonly string[];
  type: ParameterType<unknown>;
  /** Value when the bundle does not set the parameter. */
  absent: T;
}

interface Wording {
  description: string;
  example?: string;
  aliases?: readonly string[];
}

/** A parameter that a rule must set. */
export function required<T>(type: ParameterType<T>, wording: Wording): Parameter<T> {
  // `absent` of a required parameter is never read: a rule without it does not run.
  return { ...optional(type, wording), required: true } as Parameter<T>;
}

/** A parameter that is null when the rule does not set it. */
export function optional<T>(type: ParameterType<T>, wording: Wording): Parameter<T | null> {
  return withDefault<T | null>(type, null, wording);
}

/** A parameter with a value for rules that do not set it. */
export function withDefault<T>(type: ParameterType<T>, absent: T, wording: Wording): Parameter<T> {
  const { description, example = null, aliases = [] } = wording;
  return { description, example, aliases, required: false, type, absent };
}

export type Parameters = Record<string, Parameter<unknown>>;

/** Values of a trigger's parameters, by name. */
export type ParameterValues<P extends Parameters> = { [K in keyof P]: P[K] extends Parameter<infer T> ? T : never };

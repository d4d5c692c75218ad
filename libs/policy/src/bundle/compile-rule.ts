import { findGate, findTrigger, gates } from '../gates/index.js';
import type { CrossFault, Gate, RuleCheck, Trigger } from '../gates/gate.js';
import type { ValueFault } from '../parameters/index.js';
import type { PatternCompiler } from '../patterns/user-pattern.js';
import type { PolicyProblem, ProblemType } from '../problem.js';
import { reprList, shorten } from '../python-text.js';
import type { Action } from '../evaluation/result.js';
import { isRecord, listOf, textOf } from './location.js';

/** A rule that is ready for any number of evaluations. */
export interface CompiledRule {
  id: string | null;
  gate: string;
  trigger: string;
  action: Action;
  /** Undefined when the rule has a `fault` or is retired. */
  check: RuleCheck | undefined;
  /** Why this rule cannot be answered, although others of the policy can. */
  fault: PolicyProblem | undefined;
}

export interface RuleCompilation {
  /** Undefined when the rule is so wrong that its policy cannot be evaluated. */
  rule: CompiledRule | undefined;
  problems: PolicyProblem[];
}

export interface RuleOptions {
  path: string;
  policyId: string;
  packageDbLoad: boolean;
  patterns: PatternCompiler;
}

/**
 * Makes a rule of a bundle ready (policy spec 3.4, 5.3). All faults are reported, not only the first. A rule that has
 * not the shape of one gives nothing: that was reported by the schema.
 */
export function compileRule(raw: unknown, options: RuleOptions): RuleCompilation {
  const gateName = isRecord(raw) ? textOf(raw.gate) : null;
  const triggerName = isRecord(raw) ? textOf(raw.trigger) : null;
  const action = isRecord(raw) ? ACTIONS[textOf(raw.action) ?? ''] : undefined;
  if (!isRecord(raw) || gateName === null || triggerName === null || action === undefined)
    return { rule: undefined, problems: [] };
  const report = new RuleReport(options, gateName, triggerName, textOf(raw.id));
  const gate = findGate(gateName);
  if (!gate) return report.fatal('GateNotFoundError', unknownGate(gateName, report.ruleId));
  const trigger = findTrigger(gate, triggerName);
  if (!trigger) return report.fatal('TriggerNotFoundError', unknownTrigger(gate, report));
  const rule: CompiledRule = {
    id: report.ruleId,
    gate: gate.name,
    trigger: trigger.name,
    action,
    check: undefined,
    fault: undefined,
  };
  if (gate.state === 'eol' || trigger.state === 'eol') {
    report.add('EndOfLifedError', retirement(gate, trigger, report));
    return { rule, problems: report.problems };
  }
  if (trigger.needsPackageDb && !options.packageDbLoad) {
    const why = 'Trigger is disabled by configuration: enable_package_db_load is false on this policy engine';
    return report.fatal('TriggerNotAvailableError', `${why} ${report.names()}`);
  }
  if (gate.state === 'deprecated' || trigger.state === 'deprecated')
    report.add('DeprecationWarning', deprecation(gate, trigger, report), { severity: 'warn' });
  bindParameters(rule, trigger, listOf(raw.params), report, options.patterns);
  return { rule: report.isFatal ? undefined : rule, problems: report.problems };
}

const ACTIONS: Readonly<Record<string, Action>> = { GO: 'go', WARN: 'warn', STOP: 'stop' };

function bindParameters(
  rule: CompiledRule,
  trigger: Trigger,
  params: readonly unknown[],
  report: RuleReport,
  patterns: PatternCompiler,
): void {
  const given = givenValues(trigger, params, report);
  const context = { values: new Map([...given].map(([name, { value }]) => [name, value])), patterns };
  const values: Record<string, unknown> = {};
  const faults: (ValueFault & { parameter: string })[] = [];
  for (const [name, parameter] of Object.entries(trigger.parameters)) {
    const value = given.get(name)?.value;
    if (value === undefined || value === null) {
      values[name] = parameter.absent;
      if (parameter.required)
        report.fatal('ParameterValueInvalidError', `Required parameter ${report.names(name)}`, name);
      continue;
    }
    const reading = parameter.type.read(value, context);
    if ('value' in reading) values[name] = reading.value;
    else faults.push({ ...reading.fault, parameter: name });
  }
  if (faults.length === 0 && !report.isFatal) faults.push(...trigger.crossCheck(values));
  for (const fault of faults) reportFault(rule, fault, given.get(fault.parameter)?.path, report);
  if (faults.length === 0 && !report.isFatal) rule.check = trigger.bind(values);
}

function reportFault(rule: CompiledRule, fault: CrossFault, path: string | undefined, report: RuleReport): void {
  const details = `Parameter validation failed: ${fault.detail} ${report.names(fault.parameter)}`;
  const at = { parameter: fault.parameter, ...(path === undefined ? {} : { path }) };
  const problem = report.add('ParameterValueInvalidError', details, at);
  if (fault.scope === 'bundle') report.isFatal = true;
  else rule.fault ??= problem;
}

/** Values by the parameters' own names. Of two values the last one counts. */
function givenValues(
  trigger: Trigger,
  params: readonly unknown[],
  report: RuleReport,
): Map<string, { value: unknown; path: string }> {
  const names = new Map(
    Object.entries(trigger.parameters).flatMap(([name, { aliases }]) =>
      [name, ...aliases].map((known) => [known, name]),
    ),
  );
  const given = new Map<string, { value: unknown; path: string }>();
  for (const [index, raw] of params.entries()) {
    const written = isRecord(raw) ? textOf(raw.name) : null;
    if (!isRecord(raw) || written === null) continue;
    const path = `${report.path}.params[${index}]`;
    const name = names.get(written.toLowerCase());
    if (name === undefined) {
      const known = `valid_parameters=${reprList(Object.keys(trigger.parameters))}`;
      const details = `Rule validation error ${report.names(written, known)}`;
      report.fatal('InvalidParameterError', details, written, `${path}.name`);
      continue;
    }
    if (given.has(name)) {
      const details = `Object identifier found multiple times, not unique (identifier=${name},identifier_type=parameter)`;
      report.add('DuplicateIdentifierFoundError', details, { severity: 'warn', parameter: name, path: `${path}.name` });
    }
    given.set(name, { value: raw.value, path: `${path}.value` });
  }
  return given;
}

function unknownGate(gate: string, ruleId: string | null): string {
  const known = reprList(gates.map(({ name }) => name));
  const names = `gate=${shorten(gate)},trigger=None,rule_id=${shorten(ruleId ?? 'None')},valid_gates=${known}`;
  return `The specified gate is not found in the policy engine as a valid gate name (${names})`;
}

function unknownTrigger(gate: Gate, report: RuleReport): string {
  const known = reprList(gate.triggers.map(({ name }) => name));
  return `Trigger not found for specified gate. Valid triggers are: ${known} ${report.names()}`;
}

function retirement(gate: Gate, trigger: Trigger, { gate: gateName, trigger: triggerName }: RuleReport): string {
  const what = gate.state === 'eol' ? `Gate ${gateName}` : `Gate/trigger ${gateName}/${triggerName}`;
  const successor = gate.supersededBy ?? trigger.supersededBy;
  const advice = 'It will not be evaluated, and should be removed from policies';
  return `${what} has been End-of-Lifed. ${advice}${successor === null ? '' : ` and replaced with '${successor}'`}`;
}

function deprecation(gate: Gate, trigger: Trigger, { gate: gateName, trigger: triggerName }: RuleReport): string {
  const what = gate.state === 'deprecated' ? `Gate ${gateName}` : `Gate/trigger ${gateName}/${triggerName}`;
  const successor = gate.supersededBy ?? trigger.supersededBy;
  const advice = 'It will continue to function, but it should be removed from policies';
  return `${what} is deprecated. ${advice}${successor === null ? '' : ` and replaced with '${successor}'`}`;
}

/** Collects what is wrong with one rule. */
class RuleReport {
  readonly problems: PolicyProblem[] = [];
  isFatal = false;
  readonly path: string;

  constructor(
    private readonly options: RuleOptions,
    /** Names as the bundle writes them. */
    readonly gate: string,
    readonly trigger: string,
    readonly ruleId: string | null,
  ) {
    this.path = options.path;
  }

  /** `(gate=...,trigger=...,rule_id=...)`, with the parameter and more where they are known. */
  names(parameter?: string, ...more: string[]): string {
    const { gate, trigger, ruleId } = this;
    const pairs = { gate, trigger, rule_id: ruleId ?? 'None', ...(parameter === undefined ? {} : { parameter }) };
    return `(${[...Object.entries(pairs).map(([key, value]) => `${key}=${shorten(value)}`), ...more].join(',')})`;
  }

  add(problem_type: ProblemType, details: string, more: Partial<PolicyProblem> = {}): PolicyProblem {
    const problem: PolicyProblem = {
      severity: 'error',
      problem_type,
      details,
      path: this.path,
      policy_id: this.options.policyId,
      ...(this.ruleId === null ? {} : { rule_id: this.ruleId }),
      gate: this.gate,
      trigger: this.trigger,
      ...more,
    };
    this.problems.push(problem);
    return problem;
  }

  /** Adds a problem that keeps the whole policy from being evaluated. */
  fatal(type: ProblemType, details: string, parameter?: string, path = this.path): RuleCompilation {
    this.isFatal = true;
    this.add(type, details, { path, ...(parameter === undefined ? {} : { parameter }) });
    return { rule: undefined, problems: this.problems };
  }
}

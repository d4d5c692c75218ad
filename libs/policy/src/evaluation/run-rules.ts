import type { CompiledRule } from '../bundle/compile-rule.js';
import type { CompiledPolicy } from '../bundle/compile-policy.js';
import { PolicyError } from '../errors.js';
import { noFileData } from '../gates/files.js';
import { RuleFault, type Finding, type RuleCheck } from '../gates/gate.js';
import type { ListedFile } from '../image-view.js';
import type { PolicyProblem } from '../problem.js';
import type { EvaluationSession } from './session.js';

/** What one rule found, or why it could not be answered. */
export interface RuleOutcome {
  rule: CompiledRule;
  findings: Finding[];
  fault: PolicyProblem | undefined;
}

/** Outcomes of the rules that look at every file: they were answered together, in one pass. */
export type FileOutcomes = ReadonlyMap<CompiledRule, RuleOutcome>;

/** Answers one rule. A fault of the rule is part of its outcome; errors of the view that concern all rules are too. */
export async function runRule(
  rule: CompiledRule,
  policy: CompiledPolicy,
  session: EvaluationSession,
  files: FileOutcomes,
): Promise<RuleOutcome> {
  const outcome: RuleOutcome = { rule, findings: [], fault: rule.fault };
  const { check } = rule;
  if (!check) return outcome;
  if (check.kind === 'files') return files.get(rule) ?? outcome;
  session.checkAborted();
  try {
    const findings = await check.run(contextOf(rule, policy, session));
    for await (const finding of findings) collect(outcome, finding, session);
  } catch (error) {
    outcome.fault = faultOf(error, rule, policy);
  }
  return outcome;
}

/** Answers all rules that look at every file in one pass over the image's files. */
export async function scanFiles(
  policies: readonly CompiledPolicy[],
  session: EvaluationSession,
): Promise<FileOutcomes> {
  const scans = policies.flatMap((policy) =>
    policy.rules.flatMap((rule) =>
      rule.check?.kind === 'files' ? [new FileScan(rule, policy, rule.check, session)] : [],
    ),
  );
  if (scans.length > 0) {
    try {
      const files = await session.view.files();
      if (!files) throw noFileData();
      for await (const run of files) {
        session.checkAborted();
        for (const file of run) for (const scan of scans) scan.see(file);
      }
    } catch (error) {
      for (const scan of scans) scan.fail(error);
    }
  }
  return new Map(scans.map(({ outcome }) => [outcome.rule, outcome]));
}

class FileScan {
  readonly outcome: RuleOutcome;
  private readonly test: (file: ListedFile) => Finding | undefined;

  constructor(
    rule: CompiledRule,
    private readonly policy: CompiledPolicy,
    check: RuleCheck & { kind: 'files' },
    private readonly session: EvaluationSession,
  ) {
    this.outcome = { rule, findings: [], fault: undefined };
    this.test = check.start(contextOf(rule, policy, session));
  }

  see(file: ListedFile): void {
    if (this.outcome.fault) return;
    try {
      const finding = this.test(file);
      if (finding) collect(this.outcome, finding, this.session);
    } catch (error) {
      this.fail(error);
    }
  }

  fail(error: unknown): void {
    this.outcome.fault ??= faultOf(error, this.outcome.rule, this.policy);
  }
}

function collect(outcome: RuleOutcome, finding: Finding, session: EvaluationSession): void {
  if (!session.countFinding()) throw new RuleFault('there are too many findings; make the rule more specific');
  outcome.findings.push(finding);
}

function contextOf(rule: CompiledRule, policy: CompiledPolicy, session: EvaluationSession) {
  return session.contextFor(rule.id, (details) => ({
    severity: 'warn',
    problem_type: 'TriggerEvaluationError',
    details,
    ...placeOf(rule, policy),
  }));
}

/** Whatever went wrong while the rule was answered makes it a stop; only an abort ends the evaluation. */
function faultOf(error: unknown, rule: CompiledRule, policy: CompiledPolicy): PolicyProblem {
  if (error instanceof PolicyError) throw error;
  const problem_type = error instanceof RuleFault ? error.problemType : 'TriggerEvaluationError';
  const cause = error instanceof Error ? error.message : String(error);
  const details =
    problem_type === 'TriggerNotAvailableError'
      ? cause
      : `Trigger evaluation failed for gate ${rule.gate} and trigger ${rule.trigger}, due to: ${cause}`;
  return { severity: 'error', problem_type, details, ...placeOf(rule, policy) };
}

function placeOf(rule: CompiledRule, policy: CompiledPolicy): Partial<PolicyProblem> {
  const { id, gate, trigger } = rule;
  return { policy_id: policy.id, ...(id === null ? {} : { rule_id: id }), gate, trigger };
}

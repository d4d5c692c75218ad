import type { CompiledAllowlist } from '../bundle/allowlist.js';
import type { CompiledPolicy } from '../bundle/compile-policy.js';
import type { CompiledRule } from '../bundle/compile-rule.js';
import type { Finding } from '../gates/gate.js';
import { triggerId } from '../trigger-id.js';
import type { Action, AllowlistMatch, Decision, PolicyDecision } from './result.js';
import { runRule, type FileOutcomes } from './run-rules.js';
import type { EvaluationSession } from './session.js';

const STRICTNESS: Readonly<Record<Action, number>> = { stop: 0, warn: 1, go: 2 };

/** The strictest of the actions; go when there is none. */
export function strictest(actions: Iterable<Action>): Action {
  let result: Action = 'go';
  for (const action of actions) if (STRICTNESS[action] < STRICTNESS[result]) result = action;
  return result;
}

/**
 * Applies one policy to the image: rules by gate in the order in which gates first appear, then allowlists, then the
 * strictest action of what is left (policy spec 3.4 to 3.6). A rule that cannot be answered counts as stop.
 */
export async function judgePolicy(
  policy: CompiledPolicy,
  allowlists: readonly CompiledAllowlist[],
  session: EvaluationSession,
  files: FileOutcomes,
): Promise<PolicyDecision> {
  const decisions: Decision[] = [];
  let failed = false;
  for (const rule of byGate(policy.rules)) {
    const outcome = await runRule(rule, policy, session, files);
    for (const finding of outcome.findings) decisions.push(decide(rule, finding, allowlists, session));
    if (!outcome.fault) continue;
    failed = true;
    // A fault that was found when the rule was made ready is among the policy's problems already.
    if (outcome.fault !== rule.fault) session.problems.push(outcome.fault);
  }
  const open = decisions.filter(({ allowlisted }) => allowlisted === false).map(({ action }) => action);
  const finalAction = strictest(failed ? [...open, 'stop'] : open);
  return { policyId: policy.id, policyName: policy.name, decisions, finalAction };
}

function decide(
  rule: CompiledRule,
  finding: Finding,
  allowlists: readonly CompiledAllowlist[],
  session: EvaluationSession,
): Decision {
  const { gate, trigger, action } = rule;
  const id = finding.triggerId ?? triggerId(gate, trigger, finding.message);
  const allowlisted = cover(gate, id, allowlists, session);
  return { gate, trigger, triggerId: id, message: finding.message, action, ruleId: rule.id, allowlisted };
}

function cover(
  gate: string,
  id: string,
  allowlists: readonly CompiledAllowlist[],
  session: EvaluationSession,
): AllowlistMatch | false {
  for (const allowlist of allowlists) {
    const found = allowlist.covers(gate, id, session.now);
    if (!found) continue;
    if (found.expires) session.changesAt(found.expires);
    return { whitelist_name: allowlist.name, whitelist_id: allowlist.id, matched_rule_id: found.itemId };
  }
  return false;
}

function byGate(rules: readonly CompiledRule[]): CompiledRule[] {
  const groups = new Map<string, CompiledRule[]>();
  for (const rule of rules) {
    const group = groups.get(rule.gate);
    if (group) group.push(rule);
    else groups.set(rule.gate, [rule]);
  }
  return [...groups.values()].flat();
}

import type { PatternCompiler } from '../patterns/user-pattern.js';
import type { PolicyProblem } from '../problem.js';
import { compileRule, type CompiledRule } from './compile-rule.js';
import { isRecord, listOf, textOf } from './location.js';
import { versionProblems } from './version.js';

/** A policy that is ready for any number of evaluations. */
export interface CompiledPolicy {
  id: string;
  name: string | null;
  rules: CompiledRule[];
  /** What is wrong with the shape of the policy and its rules, and everything else that is wrong with them. */
  shape: PolicyProblem[];
  problems: PolicyProblem[];
  /** False when nothing of the policy may be evaluated. */
  usable: boolean;
}

/** Makes a policy ready. `path` is its place in the bundle; `packageDbLoad` false makes `packages.verify` unusable. */
export function compilePolicy(
  raw: unknown,
  options: { path: string; packageDbLoad: boolean; patterns: PatternCompiler; shape: PolicyProblem[] },
): CompiledPolicy {
  const source = isRecord(raw) ? raw : {};
  const id = textOf(source.id) ?? '';
  const problems = versionProblems(source.version, `${options.path}.version`);
  let usable = problems.length === 0 && options.shape.length === 0;
  const rules: CompiledRule[] = [];
  for (const [index, rule] of listOf(source.rules).entries()) {
    const compiled = compileRule(rule, { ...options, path: `${options.path}.rules[${index}]`, policyId: id });
    for (const problem of compiled.problems) problems.push(problem);
    if (compiled.rule) rules.push(compiled.rule);
    else usable = false;
  }
  return { id, name: textOf(source.name), rules, shape: options.shape, problems, usable };
}

import { PolicyError } from '../errors.js';
import type { PolicyProblem } from '../problem.js';
import { shorten } from '../python-text.js';
import { type CompiledBundle, compileBundle, referenceProblem } from './compiled-bundle.js';
import { isRecord, listOf, pathOf, textOf } from './location.js';
import { ProblemList } from './problem-list.js';

/** What `validateBundle` gives: `problems` are the `validation_details` of the API. */
export interface ValidationResult {
  /** True when no problem is an error. */
  valid: boolean;
  problems: PolicyProblem[];
}

export interface ValidationOptions {
  /** The setting `enable_package_db_load`; false refuses rules with `packages.verify`. */
  packageDbLoad: boolean;
}

/**
 * Says everything that is wrong with what somebody wants to store as a bundle (policy spec 5), each thing once and with
 * its path. What no mapping uses is checked as well; its faults are warnings, because such bundles were accepted in the
 * past, but for a trigger that is switched off. Never throws for faults of the value; time and answer are bounded.
 */
export function validateBundle(value: unknown, { packageDbLoad }: ValidationOptions): ValidationResult {
  const list = new ProblemList();
  try {
    collect(compileBundle(value), packageDbLoad, list);
  } catch (error) {
    if (!(error instanceof PolicyError)) throw error;
    list.add([{ severity: 'error', problem_type: 'ValidationError', details: error.message, path: '' }]);
  }
  const problems = list.all();
  return { valid: problems.every(({ severity }) => severity !== 'error'), problems };
}

/** Ids that mappings name. */
interface UsedIds {
  policies: Set<string>;
  whitelists: Set<string>;
}

function collect(bundle: CompiledBundle, packageDbLoad: boolean, list: ProblemList): void {
  list.add(bundle.problems);
  if (bundle.problems.some(({ problem_type: type, path }) => type === 'UnsupportedVersionError' || path === 'policies'))
    return;
  const used: UsedIds = { policies: new Set(), whitelists: new Set() };
  collectMappings(bundle, list, used);
  for (const [index, policy] of listOf(bundle.source.policies).entries()) {
    const isUsed = isRecord(policy) && used.policies.has(textOf(policy.id) ?? '');
    const { shape, problems } = bundle.policy(index, packageDbLoad);
    list.add(shape);
    list.add(problems.map((problem) => (isUsed ? problem : unused(problem))));
    list.add(duplicates(isRecord(policy) ? policy.rules : [], 'rule', `${pathOf(['policies', index])}.rules`));
  }
  for (const [index, allowlist] of listOf(bundle.source.whitelists).entries()) {
    const isUsed = isRecord(allowlist) && used.whitelists.has(textOf(allowlist.id) ?? '');
    const { shape, problems } = bundle.allowlist(index);
    list.add(shape);
    list.add(problems.map((problem) => (isUsed ? problem : unused(problem))));
  }
  for (const rule of [...bundle.whitelistedImages, ...bundle.blacklistedImages]) list.add(rule.problems);
  collectDuplicates(bundle, list, used);
}

function collectMappings(bundle: CompiledBundle, list: ProblemList, used: UsedIds): void {
  if (Array.isArray(bundle.source.mappings) && bundle.mappings.length === 0) {
    const details = 'The bundle has no mapping: it judges no image, and every image passes';
    list.add([{ severity: 'warn', problem_type: 'ValidationError', details, path: 'mappings' }]);
  }
  for (const mapping of bundle.mappings) {
    const { path } = mapping;
    list.add(mapping.problems);
    for (const id of mapping.policyIds) {
      used.policies.add(id);
      if (bundle.policiesWithId(id).length === 0) list.add([referenceProblem('policy', id, 0, path)]);
    }
    for (const id of mapping.allowlistIds) {
      used.whitelists.add(id);
      if (bundle.allowlistsWithId(id).length === 0) list.add([referenceProblem('whitelist', id, 0, path)]);
    }
  }
}

/** An id that a mapping uses must be that of one thing; elsewhere two things with one id only confuse. */
function collectDuplicates(bundle: CompiledBundle, list: ProblemList, used: UsedIds): void {
  const { policies, whitelists, mappings } = bundle.source;
  list.add(duplicates(policies, 'policy', 'policies', used.policies));
  list.add(duplicates(whitelists, 'whitelist', 'whitelists', used.whitelists));
  list.add(duplicates(mappings, 'mapping', 'mappings'));
}

function* duplicates(
  items: unknown,
  type: 'policy' | 'whitelist' | 'mapping' | 'rule',
  path: string,
  used?: ReadonlySet<string>,
): Generator<PolicyProblem> {
  const seen = new Set<string>();
  for (const [index, item] of listOf(items).entries()) {
    const id = isRecord(item) ? textOf(item.id) : null;
    if (id === null || id === '') continue;
    if (seen.has(id)) {
      const details = `Object identifier found multiple times, not unique (identifier=${shorten(id)},identifier_type=${type})`;
      const severity = used?.has(id) ? 'error' : 'warn';
      yield { severity, problem_type: 'DuplicateIdentifierFoundError', details, path: `${path}[${index}].id` };
    }
    seen.add(id);
  }
}

function unused(problem: PolicyProblem): PolicyProblem {
  return problem.problem_type === 'TriggerNotAvailableError' ? problem : { ...problem, severity: 'warn' };
}

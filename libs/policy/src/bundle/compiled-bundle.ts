import { PolicyError } from '../errors.js';
import { PatternCompiler } from '../patterns/user-pattern.js';
import type { PolicyProblem } from '../problem.js';
import { shorten } from '../python-text.js';
import { CompiledAllowlist } from './allowlist.js';
import { compilePolicy, type CompiledPolicy } from './compile-policy.js';
import { compileImageRule, compileMapping, type CompiledImageRule, type CompiledMapping } from './image-rule.js';
import { isRecord, listOf, pathOf, textOf } from './location.js';
import { allowlistShape, bundleShape, imageRuleShape, mappingShape, policyShape } from './shape.js';
import { versionProblems } from './version.js';

/** Rules that a bundle may have; more of them cannot be checked in reasonable time. */
const MOST_RULES = 20_000;

/**
 * A bundle, ready for any number of evaluations of any images. Its parts are made ready when they are first needed, so
 * a fault in a part that no evaluation uses does no harm.
 */
export class CompiledBundle {
  /** The bundle as it was given, for the answer. */
  readonly source: Readonly<Record<string, unknown>>;
  /** What is wrong with the bundle as a whole; with errors nothing of it can be evaluated. */
  readonly problems: PolicyProblem[];
  readonly mappings: readonly CompiledMapping[];
  readonly whitelistedImages: readonly CompiledImageRule[];
  readonly blacklistedImages: readonly CompiledImageRule[];
  private readonly patterns = new PatternCompiler();
  private readonly policyPlaces: ReadonlyMap<string, number[]>;
  private readonly allowlistPlaces: ReadonlyMap<string, number[]>;
  private readonly policies = new Map<string, CompiledPolicy>();
  private readonly allowlists = new Map<number, CompiledAllowlist>();

  /** Throws PolicyError `bundle_not_an_object`. */
  constructor(value: unknown) {
    if (!isRecord(value))
      throw new PolicyError(
        'bundle_not_an_object',
        'a policy bundle must be a JSON object with id, policies and mappings',
      );
    this.source = value;
    const unsupported = versionProblems(value.version, 'version');
    this.problems = unsupported.length > 0 ? unsupported : [...bundleShape(value), ...tooManyRules(value)];
    this.policyPlaces = placesById(value.policies);
    this.allowlistPlaces = placesById(value.whitelists);
    this.mappings = listOf(value.mappings).map((rule, index) =>
      compileMapping(rule, pathOf(['mappings', index]), this.patterns, mappingShape(rule, index)),
    );
    this.whitelistedImages = this.imageList('whitelisted_images');
    this.blacklistedImages = this.imageList('blacklisted_images');
  }

  /** Places of the policies with this id; one when all is well. */
  policiesWithId(id: string): readonly number[] {
    return this.policyPlaces.get(id) ?? [];
  }

  /** Places of the allowlists with this id; one when all is well. */
  allowlistsWithId(id: string): readonly number[] {
    return this.allowlistPlaces.get(id) ?? [];
  }

  /** The policy at a place. */
  policy(index: number, packageDbLoad: boolean): CompiledPolicy {
    const key = `${index} ${packageDbLoad}`;
    const known = this.policies.get(key);
    if (known) return known;
    const path = pathOf(['policies', index]);
    const source = listOf(this.source.policies)[index];
    const shape = policyShape(source, index);
    const policy = compilePolicy(source, { path, packageDbLoad, patterns: this.patterns, shape });
    this.policies.set(key, policy);
    return policy;
  }

  /** The allowlist at a place. */
  allowlist(index: number): CompiledAllowlist {
    const known = this.allowlists.get(index);
    if (known) return known;
    const source = listOf(this.source.whitelists)[index];
    const path = pathOf(['whitelists', index]);
    const allowlist = new CompiledAllowlist(source, path, this.patterns, allowlistShape(source, index));
    this.allowlists.set(index, allowlist);
    return allowlist;
  }

  private imageList(key: 'whitelisted_images' | 'blacklisted_images'): CompiledImageRule[] {
    return listOf(this.source[key]).map((rule, index) =>
      compileImageRule(rule, pathOf([key, index]), this.patterns, imageRuleShape(rule, key, index)),
    );
  }
}

/**
 * Makes a bundle ready for evaluation. Faults of its content are no errors here: they become problems of the evaluations
 * that need the faulty part. Throws PolicyError `bundle_not_an_object`.
 */
export function compileBundle(value: unknown): CompiledBundle {
  return new CompiledBundle(value);
}

/** Problem for an id that names nothing, or more than one thing. Undefined when it names one. */
export function referenceProblem(
  type: 'policy' | 'whitelist',
  id: string,
  count: number,
  path: string,
): PolicyProblem | undefined {
  if (count === 1) return undefined;
  const missing = count === 0;
  const shown = shorten(id);
  return {
    severity: 'error',
    problem_type: missing ? 'ReferencedObjectNotFoundError' : 'DuplicateIdentifierFoundError',
    details: missing
      ? `Referenced object not found (reference_type=${type},reference_id=${shown})`
      : `Object identifier found multiple times, not unique (identifier=${shown},identifier_type=${type})`,
    path,
  };
}

function tooManyRules(bundle: Record<string, unknown>): PolicyProblem[] {
  const count = listOf(bundle.policies).reduce<number>(
    (sum, policy) => sum + (isRecord(policy) ? listOf(policy.rules).length : 0),
    0,
  );
  if (count <= MOST_RULES) return [];
  const details = `The bundle has ${count} rules; at most ${MOST_RULES} are possible`;
  return [{ severity: 'error', problem_type: 'ValidationError', details, path: 'policies' }];
}

function placesById(list: unknown): Map<string, number[]> {
  const places = new Map<string, number[]>();
  for (const [index, item] of listOf(list).entries()) {
    const id = isRecord(item) ? textOf(item.id) : null;
    if (id === null) continue;
    const known = places.get(id);
    if (known) known.push(index);
    else places.set(id, [index]);
  }
  return places;
}

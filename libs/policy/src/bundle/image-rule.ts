import { compileNamePattern } from '../patterns/name-pattern.js';
import { UserPatternError, type PatternCompiler } from '../patterns/user-pattern.js';
import type { PolicyProblem } from '../problem.js';
import { reprValue } from '../python-text.js';
import { isRecord, listOf, textOf } from './location.js';
import type { PullString } from './pull-string.js';

/** What mappings and image lists look at. */
export interface ImageIdentity extends PullString {
  imageId: string;
  /** Digest of the manifest; null when unknown. */
  imageDigest: string | null;
}

/** An entry of an image list, ready for any number of evaluations. */
export interface CompiledImageRule {
  path: string;
  raw: Record<string, unknown>;
  matches(image: ImageIdentity): boolean;
  /** Errors make the rule unusable: it cannot be told which images it means. */
  problems: PolicyProblem[];
}

/** A mapping rule, ready for any number of evaluations. */
export interface CompiledMapping extends CompiledImageRule {
  policyIds: string[];
  allowlistIds: string[];
}

type Test = (text: string) => boolean;

/** Makes an entry of whitelisted_images or blacklisted_images ready. `shape`: what is wrong with its shape. */
export function compileImageRule(
  value: unknown,
  path: string,
  patterns: PatternCompiler,
  shape: readonly PolicyProblem[],
): CompiledImageRule {
  const raw = isRecord(value) ? value : {};
  const image = isRecord(raw.image) ? raw.image : {};
  const problems: PolicyProblem[] = [...shape];
  const compile = (source: unknown, key: string): Test => {
    try {
      return compileNamePattern(textOf(source) ?? '', patterns);
    } catch (error) {
      if (!(error instanceof UserPatternError)) throw error;
      const details = `Invalid pattern ${reprValue(source)}: ${error.message}`;
      problems.push({ severity: 'error', problem_type: 'ValidationError', details, path: `${path}.${key}` });
      return () => false;
    }
  };
  const registry = compile(raw.registry, 'registry');
  const repository = compile(raw.repository, 'repository');
  const wanted = textOf(image.value) ?? '';
  const tag = image.type === 'tag' ? compile(wanted, 'image.value') : undefined;
  return {
    path,
    raw,
    problems,
    matches(candidate) {
      if (!registry(candidate.registry) || !repository(candidate.repository)) return false;
      if (image.type === 'digest') return candidate.imageDigest === wanted || candidate.digest === wanted;
      if (image.type === 'id') return candidate.imageId === wanted;
      return tag !== undefined && candidate.tag !== null && tag(candidate.tag);
    },
  };
}

/** Makes a mapping rule ready: it names its policies by `policy_id` or by `policy_ids`. */
export function compileMapping(
  value: unknown,
  path: string,
  patterns: PatternCompiler,
  shape: readonly PolicyProblem[],
): CompiledMapping {
  const rule = compileImageRule(value, path, patterns, shape);
  const { raw } = rule;
  const single = textOf(raw.policy_id);
  const several = Array.isArray(raw.policy_ids);
  if (isRecord(value) && single !== null && several) {
    const details =
      'Cannot specify both policy_id and policy_ids properties in mapping rule, must use one or the other ()';
    rule.problems.push({ severity: 'error', problem_type: 'ValidationError', details, path });
  } else if (isRecord(value) && single === null && !several) {
    const details = `No policy_id or policy_ids property found for mapping rule: ${reprValue(raw)} ()`;
    rule.problems.push({ severity: 'error', problem_type: 'ValidationError', details, path });
  }
  return {
    ...rule,
    policyIds: several ? texts(raw.policy_ids) : single === null ? [] : [single],
    allowlistIds: texts(raw.whitelist_ids),
  };
}

function texts(value: unknown): string[] {
  return listOf(value).filter((item) => typeof item === 'string');
}

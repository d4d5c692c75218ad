import { z } from 'zod';
import type { PolicyProblem } from '../problem.js';
import { shorten } from '../python-text.js';
import { isRecord, listOf, pathOf } from './location.js';

/** Problems of shape that are kept for one part of a bundle. */
const MOST_PROBLEMS = 1000;

// Each object is checked by a schema of its own and lists are walked here: a schema of the whole bundle would gather the
// faults of a million items before it says anything.
const text = z.string();
const list = z.array(z.unknown());
const texts = z.custom((value) => Array.isArray(value) && value.every((item) => typeof item === 'string'), {
  error: ({ input }) => (input === undefined || input === null ? 'is missing' : 'is not a list of texts'),
});

const bundle = z.looseObject({
  id: text,
  version: text,
  name: text.nullish(),
  comment: text.nullish(),
  policies: list,
  mappings: list,
  whitelists: list.nullish(),
  whitelisted_images: list.nullish(),
  blacklisted_images: list.nullish(),
});
const policy = z.looseObject({ id: text, version: text, name: text.nullish(), comment: text.nullish(), rules: list });
const rule = z.looseObject({
  id: text.nullish(),
  gate: text,
  trigger: text,
  action: z.enum(['GO', 'WARN', 'STOP']),
  params: list.nullish(),
});
// Values are checked by the parameter's own type, which says more about them.
const parameter = z.looseObject({ name: text });
const allowlist = z.looseObject({
  id: text,
  version: text,
  name: text.nullish(),
  comment: text.nullish(),
  items: list,
});
const allowlistItem = z.looseObject({
  id: text.nullish(),
  gate: text,
  trigger_id: text,
  expires_on: text.nullish(),
});
const imageRule = z.looseObject({
  id: text.nullish(),
  name: text,
  registry: text,
  repository: text,
  image: z.looseObject({ type: z.enum(['tag', 'digest', 'id']), value: text }),
});
const mapping = imageRule.extend({ policy_id: text.nullish(), policy_ids: texts.nullish(), whitelist_ids: texts });

/** What is wrong with the shape of the bundle itself, its lists not looked into. */
export function bundleShape(value: unknown): PolicyProblem[] {
  return new ShapeCheck().object(bundle, value, []).problems;
}

/** What is wrong with the shape of a policy, its rules and their parameters. */
export function policyShape(value: unknown, index: number): PolicyProblem[] {
  const path = ['policies', index];
  const check = new ShapeCheck().object(policy, value, path);
  for (const [place, item] of listIn(value, 'rules').entries()) {
    if (check.isFull) break;
    const rulePath = [...path, 'rules', place];
    check.object(rule, item, rulePath);
    for (const [at, param] of listIn(item, 'params').entries()) {
      if (check.isFull) break;
      check.object(parameter, param, [...rulePath, 'params', at]);
    }
  }
  return check.problems;
}

/** What is wrong with the shape of an allowlist and its items. */
export function allowlistShape(value: unknown, index: number): PolicyProblem[] {
  const path = ['whitelists', index];
  const check = new ShapeCheck().object(allowlist, value, path);
  for (const [place, item] of listIn(value, 'items').entries()) {
    if (check.isFull) break;
    check.object(allowlistItem, item, [...path, 'items', place]);
  }
  return check.problems;
}

/** What is wrong with the shape of a mapping rule. */
export function mappingShape(value: unknown, index: number): PolicyProblem[] {
  return new ShapeCheck().object(mapping, value, ['mappings', index]).problems;
}

/** What is wrong with the shape of an entry of an image list. */
export function imageRuleShape(value: unknown, key: string, index: number): PolicyProblem[] {
  return new ShapeCheck().object(imageRule, value, [key, index]).problems;
}

class ShapeCheck {
  readonly problems: PolicyProblem[] = [];

  get isFull(): boolean {
    return this.problems.length >= MOST_PROBLEMS;
  }

  object(schema: z.ZodType, value: unknown, path: readonly PropertyKey[]): this {
    const result = schema.safeParse(value);
    for (const issue of result.error?.issues ?? []) this.problems.push(problemOf(value, issue, path));
    return this;
  }
}

function problemOf(value: unknown, issue: z.core.$ZodIssue, parent: readonly PropertyKey[]): PolicyProblem {
  const path = pathOf([...parent, ...issue.path]);
  const missing = isMissing(value, issue.path);
  const isList = missing && ['rules', 'items', 'whitelist_ids'].includes(String(issue.path.at(-1)));
  const what = missing ? 'is missing' : shorten(issue.message.replace(/^Invalid /, 'invalid '));
  return {
    severity: 'error',
    // Clients know this type and text for a list that is not there.
    problem_type: isList ? 'TypeError' : 'ValidationError',
    details: isList ? `'NoneType' object is not iterable (${path} is missing)` : `${path || 'bundle'}: ${what}`,
    path,
  };
}

function isMissing(value: unknown, keys: readonly PropertyKey[]): boolean {
  let current = value;
  for (const key of keys) {
    if (typeof current !== 'object' || current === null) return true;
    current = (current as Record<PropertyKey, unknown>)[key];
  }
  return current === undefined || current === null;
}

function listIn(value: unknown, key: string): readonly unknown[] {
  return isRecord(value) ? listOf(value[key]) : [];
}

import type { PolicyProblem } from '../problem.js';
import { shorten } from '../python-text.js';
import { pathOf } from './location.js';
import { bundleSchema } from './schema.js';

/** Problems of shape by the part of the bundle that has them, `policies[2]`; the key of all else is the empty text. */
export type ShapeProblems = ReadonlyMap<string, PolicyProblem[]>;

/** Lists whose items are parts of their own: a fault in one does not concern the others. */
const PARTS = new Set(['policies', 'mappings', 'whitelists', 'whitelisted_images', 'blacklisted_images']);
/** Shape problems that are kept for one part. */
const MOST_PROBLEMS = 1000;

/** Checks a bundle against the schema. */
export function shapeProblems(value: unknown): ShapeProblems {
  const result = bundleSchema.safeParse(value, { reportInput: false });
  const problems = new Map<string, PolicyProblem[]>();
  for (const issue of result.error?.issues ?? []) {
    const [list, index] = issue.path;
    const isPart = typeof list === 'string' && PARTS.has(list) && typeof index === 'number';
    const part = isPart ? pathOf([list, index]) : '';
    const known = problems.get(part) ?? [];
    problems.set(part, known);
    if (known.length < MOST_PROBLEMS) known.push(problemOf(value, issue.path, issue.message));
  }
  return problems;
}

function problemOf(bundle: unknown, keys: readonly PropertyKey[], message: string): PolicyProblem {
  const path = pathOf(keys);
  const missing = valueAt(bundle, keys) === undefined;
  const list = missing && ['rules', 'items', 'whitelist_ids'].includes(String(keys.at(-1)));
  const what = missing ? 'is missing' : shorten(message.replace(/^Invalid /, 'invalid '));
  return {
    severity: 'error',
    // The text that clients of old know for a list that is not there.
    problem_type: list ? 'TypeError' : 'ValidationError',
    details: list ? `'NoneType' object is not iterable (${path} is missing)` : `${path || 'bundle'}: ${what}`,
    path,
  };
}

function valueAt(value: unknown, keys: readonly PropertyKey[]): unknown {
  let current = value;
  for (const key of keys) {
    if (typeof current !== 'object' || current === null) return undefined;
    current = (current as Record<PropertyKey, unknown>)[key];
  }
  return current;
}

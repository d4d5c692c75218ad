import { compileBundle } from '../bundle/compiled-bundle.js';
import { evaluateBundle } from '../evaluation/evaluate-bundle.js';
import type { Decision, EvaluationResult } from '../evaluation/result.js';
import { imageOf, type ImageFacts } from './memory-image.js';

/** Rule of a test: gate, trigger and parameters; the action is STOP. */
export function rule(check: string, params: Record<string, unknown> = {}, more: Record<string, unknown> = {}) {
  const [gate, trigger] = check.split('.');
  return {
    id: 'r1',
    gate,
    trigger,
    action: 'STOP',
    params: Object.entries(params).map(([name, value]) => ({ name, value })),
    ...more,
  };
}

/** Bundle with one policy of these rules that is mapped to every image. */
export function bundleOf(rules: unknown[], more: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    id: 'b1',
    version: '1_0',
    policies: [{ id: 'p1', version: '1_0', rules }],
    whitelists: [],
    mappings: [mapping()],
    ...more,
  };
}

export function mapping(more: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    id: 'm1',
    name: 'all',
    registry: '*',
    repository: '*',
    image: { type: 'tag', value: '*' },
    policy_ids: ['p1'],
    whitelist_ids: [],
    ...more,
  };
}

/** Evaluates a bundle for an image that these facts make. */
export function evaluate(
  bundle: unknown,
  facts: ImageFacts = {},
  more: { tag?: string | null; now?: Date } = {},
): Promise<EvaluationResult> {
  const view = imageOf(facts);
  const subject = { account: 'acme', imageId: view.imageId, tag: 'reg.example/app:7', view, ...more };
  return evaluateBundle(compileBundle(bundle), subject);
}

/** What one rule finds in an image that these facts make. The rule must be answered without problems. */
export async function findings(
  check: string,
  params: Record<string, string>,
  facts: ImageFacts,
  now?: Date,
): Promise<Decision[]> {
  const result = await evaluate(bundleOf([rule(check, params)]), facts, now ? { now } : {});
  if (result.problems.length > 0) throw new Error(JSON.stringify(result.problems));
  return result.policies.flatMap(({ decisions }) => decisions);
}

/** The messages of `findings`. */
export async function messages(check: string, params: Record<string, string>, facts: ImageFacts): Promise<string[]> {
  return (await findings(check, params, facts)).map(({ message }) => message);
}

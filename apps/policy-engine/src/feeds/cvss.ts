import type { CvssV3Score } from '@kedge/policy';
import { text } from '../analysis-document/image-facts.js';

/** One CVSS score as a feed has it. */
export interface Cvss extends CvssV3Score {
  /** `2.0`, `3.1`. */
  version: string;
  /** Null when the feed does not say. */
  vector: string | null;
}

/**
 * The scores of one CVSS document, or of each in a list, in itself or in its `base_metrics`. What is no score is left out.
 *
 * @param assumed version of a document that says none
 */
export function cvssOf(document: unknown, assumed: '2.0' | '3.0'): Cvss[] {
  if (Array.isArray(document)) return document.flatMap((item) => cvssOf(item, assumed));
  const metrics = member(document, 'base_metrics') ?? document;
  const number = (name: string): number | null => {
    const value = Number(member(metrics, name) ?? NaN);
    return Number.isFinite(value) && value >= 0 ? value : null;
  };
  const scores = {
    baseScore: number('base_score'),
    exploitabilityScore: number('exploitability_score'),
    impactScore: number('impact_score'),
  };
  if (Object.values(scores).every((value) => value === null)) return [];
  const version = member(document, 'version');
  const vector = member(document, 'vector_string');
  return [
    {
      version: version === undefined ? assumed : (text(version) ?? ''),
      vector: typeof vector === 'string' && vector !== '' ? vector : null,
      ...scores,
    },
  ];
}

/** Those of version 3, which policies can ask for. */
export function v3Scores(scores: readonly Cvss[]): CvssV3Score[] {
  return scores
    .filter(({ version }) => version.startsWith('3'))
    .map(({ baseScore, exploitabilityScore, impactScore }) => ({ baseScore, exploitabilityScore, impactScore }));
}

/** A member of what may be an object. */
export function member(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[name] : undefined;
}

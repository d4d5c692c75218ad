import type { PolicyProblem } from '../problem.js';
import { reprList, shorten } from '../python-text.js';
import { SUPPORTED_VERSION } from './schema.js';

/** What is wrong with the version of a bundle, policy or allowlist; a version that is no text is the schema's affair. */
export function versionProblems(version: unknown, path: string): PolicyProblem[] {
  if (typeof version !== 'string' || version === SUPPORTED_VERSION) return [];
  const found = shorten(version);
  const supported = reprList([SUPPORTED_VERSION]);
  const details =
    `Found version ${found}, expected one of supported versions ${supported}. Detail:"Version not supported" ` +
    `(supported_versions=${supported},found_version=${found})`;
  return [{ severity: 'error', problem_type: 'UnsupportedVersionError', details, path }];
}

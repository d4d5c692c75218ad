import { ArchiveError } from '../errors.js';
import { globPattern } from './glob-pattern.js';

export type Transition = 'archive' | 'delete';

/** Which tags: each part a pattern, see `globPattern`. */
export interface TagSelector {
  registry: string;
  repository: string;
  tag: string;
}

/** What a rule says; the part that its author writes. */
export interface TransitionRuleSpec {
  transition: Transition;
  selector: TagSelector;
  /** `archive`: the image was analysed longer ago than so many days; `delete`: archived. -1: of any age. */
  analysisAgeDays: number;
  /** So many newer images of the tag exist at least. -1: does not matter. */
  tagVersionsNewer: number;
  /** Tags that all three patterns match are left alone. An empty pattern matches nothing. */
  exclude: TagSelector;
  /** The exclusion holds for images analysed less than so many days ago. -1: for all. */
  excludeExpirationDays: number;
  /** Applies to every account. */
  systemGlobal: boolean;
  /** Instead of all other criteria: an account's oldest images beyond this number. */
  maxImagesPerAccount: number | null;
}

/** A rule of the analysis archive. Times are seconds since 1970. */
export interface TransitionRule extends TransitionRuleSpec {
  /** The account that made it. */
  account: string;
  ruleId: string;
  createdAt: number;
  lastUpdated: number;
}

/** What an author may leave out. */
export type TransitionRuleRequest = { transition: Transition } & {
  selector?: Partial<TagSelector> | undefined;
  exclude?: Partial<TagSelector> | undefined;
} & Partial<Omit<TransitionRuleSpec, 'transition' | 'selector' | 'exclude'>>;

const NOTHING: TagSelector = { registry: '', repository: '', tag: '' };
const MAX_PATTERN = 255;
const MAX_DAYS = 36_500;

/**
 * Completes a rule and checks it (storage spec 4.7).
 *
 * @throws ArchiveError `invalid_rule` naming the fault.
 */
export function completeRule(request: TransitionRuleRequest): TransitionRuleSpec {
  const { transition, systemGlobal = false, maxImagesPerAccount = null } = request;
  const exclude: TagSelector = { ...NOTHING, ...request.exclude };
  const analysisAgeDays = request.analysisAgeDays ?? -1;
  const tagVersionsNewer = request.tagVersionsNewer ?? -1;
  const excludeExpirationDays = request.excludeExpirationDays ?? -1;
  const numbers = { analysis_age_days: analysisAgeDays, tag_versions_newer: tagVersionsNewer };
  for (const [name, value] of Object.entries({ ...numbers, 'exclude.expiration_days': excludeExpirationDays })) {
    if (!Number.isInteger(value) || value < -1 || value > MAX_DAYS) {
      throw invalid(`${name} must be a whole number from -1 (does not matter) to ${MAX_DAYS}`);
    }
  }
  const selector: TagSelector =
    maxImagesPerAccount === null ? requireSelector(request.selector) : { registry: '*', repository: '*', tag: '*' };
  for (const { registry, repository, tag } of [selector, exclude]) [registry, repository, tag].forEach(checkPattern);
  if (maxImagesPerAccount !== null) checkLimit(maxImagesPerAccount, systemGlobal, request.selector, exclude);
  return {
    transition,
    selector,
    analysisAgeDays,
    tagVersionsNewer,
    exclude,
    excludeExpirationDays,
    systemGlobal,
    maxImagesPerAccount,
  };
}

function checkPattern(pattern: string): void {
  if (pattern.length > MAX_PATTERN) throw invalid(`a pattern is longer than ${MAX_PATTERN} characters`);
  if (pattern.includes('\0')) throw invalid('a pattern holds a NUL character');
  try {
    new RegExp(globPattern(pattern));
  } catch {
    throw invalid(`${JSON.stringify(pattern)} is no pattern; *, ? and sets such as [a-z] have a meaning`);
  }
}

function requireSelector(selector: Partial<TagSelector> = {}): TagSelector {
  const { registry = '', repository = '', tag = '' } = selector;
  for (const [part, pattern] of Object.entries({ registry, repository, tag })) {
    if (pattern === '') throw invalid(`selector.${part} must not be empty; * selects everything`);
  }
  return { registry, repository, tag };
}

function checkLimit(
  limit: number,
  systemGlobal: boolean,
  selector: Partial<TagSelector> | undefined,
  exclude: TagSelector,
): void {
  if (!systemGlobal) throw invalid('max_images_per_account is only possible with system_global');
  if (!Number.isInteger(limit) || limit < 1) {
    throw invalid('max_images_per_account must be at least 1; 0 would archive every image of every account');
  }
  const selects = Object.values(selector ?? {}).some((pattern) => pattern !== '' && pattern !== '*');
  if (selects || Object.values(exclude).some((pattern) => pattern !== '')) {
    throw invalid('max_images_per_account counts all images of an account; leave out selector and exclude');
  }
}

function invalid(why: string): ArchiveError {
  return new ArchiveError('invalid_rule', `invalid archive rule: ${why}`);
}

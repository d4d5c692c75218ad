import type { CompiledAllowlist } from '../bundle/allowlist.js';
import { referenceProblem, type CompiledBundle } from '../bundle/compiled-bundle.js';
import type { CompiledPolicy } from '../bundle/compile-policy.js';
import type { CompiledImageRule, CompiledMapping, ImageIdentity } from '../bundle/image-rule.js';
import { ProblemList } from '../bundle/problem-list.js';
import { ANY_TAG, parsePullString } from '../bundle/pull-string.js';
import type { ImageView } from '../image-view.js';
import { hasErrors, type PolicyProblem } from '../problem.js';
import { judgePolicy, strictest } from './judge-policy.js';
import type { Action, EvaluationResult, FinalActionReason, PolicyDecision } from './result.js';
import { scanFiles } from './run-rules.js';
import { EvaluationSession } from './session.js';
import { resultTable } from './table.js';

/** The image that is judged, and as what. */
export interface EvaluationSubject {
  account: string;
  imageId: string;
  /** Pull string that the image is judged as; null for any. */
  tag: string | null;
  /** Digest of the manifest when the caller knows better than the view. */
  digest?: string | null;
  view: ImageView;
  /** The moment of the evaluation; now unless given. */
  now?: Date;
  signal?: AbortSignal;
}

/** What was decided, before it is put into documents. */
interface Verdict {
  mapping: CompiledMapping | undefined;
  allowed: CompiledImageRule | undefined;
  refused: CompiledImageRule | undefined;
  policies: PolicyDecision[];
  policyAction: Action;
  finalAction: Action;
  reason: FinalActionReason;
}

/**
 * Judges an image by a bundle (policy spec 3). The first mapping that fits picks policies and allowlists; none fitting
 * means go. Faults that make the picked policies meaningless give stop and no rows; a single rule that cannot be answered
 * gives stop and leaves the others their say. Never throws for faults of the bundle; throws PolicyError
 * `evaluation_aborted`, and what the view throws as PolicyError.
 */
export async function evaluateBundle(bundle: CompiledBundle, subject: EvaluationSubject): Promise<EvaluationResult> {
  const { view, now = new Date() } = subject;
  const tag = subject.tag ?? ANY_TAG;
  const session = new EvaluationSession(view, tag, now, subject.signal);
  const image: ImageIdentity = {
    ...parsePullString(tag),
    imageId: subject.imageId,
    imageDigest: subject.digest ?? view.digest,
  };
  const verdict = await judge(bundle, image, session);
  return documents(bundle, subject, tag, verdict, session);
}

async function judge(bundle: CompiledBundle, image: ImageIdentity, session: EvaluationSession): Promise<Verdict> {
  const { problems, view } = session;
  const candidate = bundle.problems.length > 0 ? undefined : findMapping(bundle.mappings, image);
  const picked = candidate?.mapping && pick(bundle, candidate.mapping, view.packageDbState !== 'disabled');
  problems.push(...bundle.problems, ...(candidate?.problems ?? []), ...(picked?.problems ?? []));
  if (!candidate || candidate.problems.length > 0 || picked?.usable === false) return unusable(candidate?.mapping);
  const files = await scanFiles(picked?.policies ?? [], session);
  const policies: PolicyDecision[] = [];
  for (const policy of picked?.policies ?? [])
    policies.push(await judgePolicy(policy, picked?.allowlists ?? [], session, files));
  const policyAction = strictest(policies.map(({ finalAction }) => finalAction));
  return withImageLists(bundle, image, session, { mapping: candidate.mapping, policies, policyAction });
}

function unusable(mapping: CompiledMapping | undefined): Verdict {
  return {
    mapping,
    allowed: undefined,
    refused: undefined,
    policies: [],
    policyAction: 'stop',
    finalAction: 'stop',
    reason: 'policy_evaluation',
  };
}

/** The first mapping that fits. A broken one before it could have been meant, so nothing can be said. */
function findMapping(
  mappings: readonly CompiledMapping[],
  image: ImageIdentity,
): { mapping?: CompiledMapping; problems: PolicyProblem[] } {
  const mapping = mappings.find((candidate) => hasErrors(candidate.problems) || candidate.matches(image));
  if (!mapping) return { problems: [] };
  return hasErrors(mapping.problems) ? { problems: mapping.problems } : { mapping, problems: [] };
}

interface Picked {
  policies: CompiledPolicy[];
  allowlists: CompiledAllowlist[];
  problems: PolicyProblem[];
  usable: boolean;
}

/** Policies and allowlists of a mapping. Anything that is wrong with a list leaves findings uncovered, so it only warns. */
function pick(bundle: CompiledBundle, mapping: CompiledMapping, packageDbLoad: boolean): Picked {
  const picked: Picked = { policies: [], allowlists: [], problems: [], usable: true };
  const fail = (problems: readonly (PolicyProblem | undefined)[]) => {
    picked.usable = false;
    picked.problems.push(...problems.filter((problem) => problem !== undefined));
  };
  for (const id of mapping.policyIds) {
    const places = bundle.policiesWithId(id);
    const [place] = places;
    if (place === undefined || places.length > 1) {
      fail([referenceProblem('policy', id, places.length, mapping.path)]);
      continue;
    }
    const policy = bundle.policy(place, packageDbLoad);
    picked.policies.push(policy);
    const problems = [...policy.shape, ...policy.problems];
    if (policy.usable) picked.problems.push(...problems);
    else fail(problems);
  }
  for (const id of mapping.allowlistIds) {
    const places = bundle.allowlistsWithId(id);
    const [place] = places;
    if (place === undefined || places.length > 1) {
      fail([referenceProblem('whitelist', id, places.length, mapping.path)]);
      continue;
    }
    const allowlist = bundle.allowlist(place);
    picked.allowlists.push(allowlist);
    if (!allowlist.usable) fail([...allowlist.shape, ...allowlist.problems]);
    else picked.problems.push(...allowlist.problems.map((problem) => ({ ...problem, severity: 'warn' as const })));
  }
  return picked;
}

/** Image lists have the last word. A refusing entry that cannot be understood may mean this image. */
function withImageLists(
  bundle: CompiledBundle,
  image: ImageIdentity,
  session: EvaluationSession,
  decided: Pick<Verdict, 'mapping' | 'policies' | 'policyAction'>,
): Verdict {
  const { problems } = session;
  const find = (rules: readonly CompiledImageRule[]) =>
    rules.find((rule) => !hasErrors(rule.problems) && rule.matches(image));
  const refused = find(bundle.blacklistedImages);
  const allowed = find(bundle.whitelistedImages);
  const broken = bundle.blacklistedImages.some((rule) => hasErrors(rule.problems));
  for (const rule of [...bundle.whitelistedImages, ...bundle.blacklistedImages]) problems.push(...rule.problems);
  const verdict = { ...decided, allowed, refused };
  if (refused) return { ...verdict, finalAction: 'stop', reason: 'blacklisted' };
  if (broken) return { ...verdict, finalAction: 'stop', reason: 'policy_evaluation' };
  if (allowed) return { ...verdict, finalAction: 'go', reason: 'whitelisted' };
  return { ...verdict, finalAction: decided.policyAction, reason: 'policy_evaluation' };
}

function documents(
  bundle: CompiledBundle,
  subject: EvaluationSubject,
  tag: string,
  verdict: Verdict,
  session: EvaluationSession,
): EvaluationResult {
  const { policies, policyAction, finalAction, reason } = verdict;
  const list = new ProblemList();
  list.add(session.problems);
  const problems = list.all();
  const seconds = Math.floor(session.now.getTime() / 1000);
  return {
    evaluation: {
      user_id: subject.account,
      image_id: subject.imageId,
      tag,
      bundle: bundle.source,
      matched_mapping_rule: verdict.mapping?.raw ?? false,
      matched_whitelisted_images_rule: verdict.allowed?.raw ?? false,
      matched_blacklisted_images_rule: verdict.refused?.raw ?? false,
      result: resultTable(subject.imageId, tag, policies, policyAction),
      created_at: seconds,
      last_modified: seconds,
      final_action: finalAction,
      final_action_reason: reason,
      evaluation_problems: problems,
    },
    finalAction,
    status: finalAction === 'stop' ? 'fail' : 'pass',
    policies,
    problems,
    validUntil: session.validUntil,
    cacheable: !hasErrors(problems),
  };
}

import { PolicyEvaluation as EvaluationRow } from '@kedge/database';
import { parseReference } from '@kedge/registry';
import { ApiError, SERVICE_CONTEXT, type ServiceContext } from '@kedge/service';
import { Inject, Injectable } from '@nestjs/common';
import { PoliciesService } from '../policies/policies.service.js';
import { timestamp } from '../wire/timestamp.js';
import { EvaluationStore, type EvaluationDocument, type EvaluationSubject } from './evaluation-store.js';
import type { EvaluationEntry, EvaluationView } from './evaluation.dto.js';
import type { AnalyzedImage } from './image-lookup.js';

export interface CheckOptions {
  /** Any tag; it selects the mapping and need not belong to the image. */
  tag: string;
  /** Default: the active one. */
  policyId: string | undefined;
  detail: boolean;
  /** Also all former entries of this image and tag. */
  history: boolean;
  /** Evaluate and keep nothing. */
  interactive: boolean;
  /** Evaluate nothing: the newest entry that is kept. */
  newestOnly: boolean;
}

/** Judges images by policy bundles and keeps the verdicts (api spec 3.6). */
@Injectable()
export class EvaluationsService {
  constructor(
    @Inject(SERVICE_CONTEXT) private readonly context: ServiceContext,
    private readonly policies: PoliciesService,
    private readonly store: EvaluationStore,
  ) {}

  /** @throws ApiError 404 no such policy, none active, nothing kept; 503 the policy engine cannot be asked. */
  async check(account: string, image: AnalyzedImage, options: CheckOptions): Promise<EvaluationView[]> {
    const tag = fullTag(options.tag);
    const subject = { account, imageDigest: image.imageDigest, tag };
    const entries = options.newestOnly
      ? await this.newest(subject, options)
      : await this.evaluate(subject, image.imageId, options);
    if (entries.length === 0) {
      throw new ApiError(404, `could not find any evaluations of image ${image.imageDigest} and tag ${tag}`);
    }
    return [{ [image.imageDigest]: { [tag]: entries } }];
  }

  private async evaluate(
    subject: EvaluationSubject,
    imageId: string,
    { policyId, detail, history, interactive }: CheckOptions,
  ): Promise<EvaluationEntry[]> {
    const { account, imageDigest, tag } = subject;
    const policy =
      policyId === undefined ? await this.policies.getActive(account) : await this.policies.get(account, policyId);
    const engine = await this.context.policyEngine();
    const evaluation = await engine.evaluate({ account, imageId, imageDigest, tag, bundle: policy.bundle });
    const document: EvaluationDocument = {
      ...evaluation,
      image_digest: imageDigest,
      status: evaluation.final_action === 'stop' ? 'fail' : 'pass',
    };
    if (interactive) {
      return [entry(policy.row.policyId, document.status, document.created_at, detail ? document : undefined)];
    }
    const row = await this.store.save(subject, policy.row.policyId, document);
    if (!history) return [rowEntry(row, detail ? document : undefined)];
    return this.entries(await this.store.rows(subject, { policyId }), detail);
  }

  private async newest(subject: EvaluationSubject, { policyId, detail }: CheckOptions): Promise<EvaluationEntry[]> {
    const wanted = policyId ?? (await this.policies.getActive(subject.account)).row.policyId;
    return this.entries(await this.store.rows(subject, { policyId: wanted, limit: 1 }), detail);
  }

  private async entries(rows: EvaluationRow[], detail: boolean): Promise<EvaluationEntry[]> {
    const entries: EvaluationEntry[] = [];
    for (const row of rows) entries.push(rowEntry(row, detail ? await this.store.read(row) : undefined));
    return entries;
  }
}

function rowEntry(row: EvaluationRow, document: EvaluationDocument | undefined): EvaluationEntry {
  return entry(row.policyId, row.finalAction.toLowerCase() === 'stop' ? 'fail' : 'pass', row.lastUpdated, document);
}

function entry(
  policyId: string,
  status: 'pass' | 'fail',
  evaluatedAt: number,
  document: EvaluationDocument | undefined,
): EvaluationEntry {
  return {
    policyId,
    status,
    last_evaluation: timestamp(evaluatedAt),
    detail: document ? { result: document, policy: document.bundle } : {},
  };
}

/** `registry/repository:tag`. @throws ImageError, which is a 400, for a text that names none. */
function fullTag(text: string): string {
  const { registry, repo, tag, digest } = parseReference(text);
  if (registry !== null && repo !== null && digest !== null) return `${registry}/${repo}@${digest}`;
  if (registry === null || repo === null || tag === null) {
    throw new ApiError(400, `tag ${JSON.stringify(text)} must look like registry/repository:tag`);
  }
  return `${registry}/${repo}:${tag}`;
}

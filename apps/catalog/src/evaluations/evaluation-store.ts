import type { FinalAction, PolicyEvaluation } from '@kedge/client';
import { PolicyEvaluation as EvaluationRow } from '@kedge/database';
import { SERVICE_CONTEXT, type ServiceContext } from '@kedge/service';
import { Inject, Injectable } from '@nestjs/common';
import { createHash } from 'node:crypto';
import { epochSeconds } from '../wire/timestamp.js';

/** What is kept of an evaluation: the policy engine's answer, about which image, and the verdict. */
export type EvaluationDocument = PolicyEvaluation & { image_digest: string; status: 'pass' | 'fail' };

/** What was judged. `tag` is the full tag. */
export interface EvaluationSubject {
  account: string;
  imageDigest: string;
  tag: string;
}

const BUCKET = 'policy_evaluations';
/** Rows of history that are answered at most. */
export const MAX_HISTORY = 100;

/** Evaluations that were made: rows in `policy_eval`, newest first, and their documents in the object store. */
@Injectable()
export class EvaluationStore {
  constructor(@Inject(SERVICE_CONTEXT) private readonly context: ServiceContext) {}

  /**
   * Keeps an evaluation. The same outcome again renews the newest entry instead of adding one. The document is written
   * first, so a row always has one.
   */
  async save(subject: EvaluationSubject, policyId: string, document: EvaluationDocument): Promise<EvaluationRow> {
    const { account, imageDigest, tag } = subject;
    const finalAction = document.final_action;
    const now = epochSeconds();
    const [newest] = await this.rows(subject, { policyId, limit: 1 });
    const same = newest?.finalAction === finalAction ? newest : undefined;
    const createdAt = same?.createdAt ?? now;
    const evalId = same?.evalId ?? evaluationId(subject, policyId, finalAction, createdAt);
    await this.context.stores.objectStore.putDocument({ account, bucket: BUCKET, key: evalId }, document);
    const row = this.repository.create({
      userId: account,
      imageDigest,
      tag,
      policyId,
      finalAction,
      createdAt,
      lastUpdated: now,
      evalId,
      policyeval: null,
    });
    await this.repository.upsert(row, ['userId', 'imageDigest', 'tag', 'policyId', 'finalAction', 'createdAt']);
    return row;
  }

  /** Entries of one image and tag, newest first. */
  rows(
    { account, imageDigest, tag }: EvaluationSubject,
    options: { policyId?: string | undefined; limit?: number },
  ): Promise<EvaluationRow[]> {
    const { policyId, limit = MAX_HISTORY } = options;
    return this.repository.find({
      where: { userId: account, imageDigest, tag, ...(policyId === undefined ? {} : { policyId }) },
      order: { lastUpdated: 'DESC', createdAt: 'DESC' },
      take: limit,
    });
  }

  /** The entry's document; undefined when it is gone. */
  read(row: EvaluationRow): Promise<EvaluationDocument | undefined> {
    return this.context.stores.objectStore.getDocument({ account: row.userId, bucket: BUCKET, key: row.evalId });
  }

  private get repository() {
    return this.context.dataSource.getRepository(EvaluationRow);
  }
}

/**
 * MD5 hex of `policyId:account:digest:tag:ACTION:created_at`. The old system left out the time, so that all entries with
 * the same outcome shared one document.
 */
function evaluationId(subject: EvaluationSubject, policyId: string, action: FinalAction, createdAt: number): string {
  const { account, imageDigest, tag } = subject;
  const name = [policyId, account, imageDigest, tag, action.toUpperCase(), createdAt].join(':');
  return createHash('md5').update(name).digest('hex');
}
